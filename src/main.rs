//! The program: arguments in, exit code out.

fn main() -> refire::cli::Exit {
    refire::cli::run(std::env::args_os())
}
