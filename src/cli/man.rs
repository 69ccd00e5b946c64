//! `refire man`: the manual page, one for the program with all its subcommands.

use super::{Cli, Exit, output};
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use std::io::{self, Write};

/// Writes the page in the language of `man`.
pub(super) fn run() -> Exit {
    let mut page = Vec::new();
    match render(&mut page) {
        Ok(()) => output::answer(&String::from_utf8_lossy(&page)),
        Err(error) => {
            output::complain(&format!("refire: the page could not be written: {error}"));
            Exit::Io
        }
    }
}

fn render(page: &mut impl Write) -> io::Result<()> {
    let mut program = Cli::command();
    program.build();
    let whole = Man::new(program.clone());
    whole.render_title(page)?;
    whole.render_name_section(page)?;
    whole.render_synopsis_section(page)?;
    whole.render_description_section(page)?;
    whole.render_options_section(page)?;
    for subcommand in program
        .get_subcommands()
        .filter(|it| it.get_name() != "help")
    {
        subsection(subcommand.clone(), page)?;
    }
    whole.render_version_section(page)
}

/// A subcommand as a section of its own, so that one page says it all.
fn subsection(subcommand: Command, page: &mut impl Write) -> io::Result<()> {
    writeln!(
        page,
        ".SH \"REFIRE {}\"",
        subcommand.get_name().to_uppercase()
    )?;
    let man = Man::new(subcommand);
    let mut text = Vec::new();
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    let text = String::from_utf8_lossy(&text).replace("\n.SH ", "\n.SS ");
    let text = text
        .strip_prefix(".SH ")
        .map_or_else(|| text.clone(), |rest| format!(".SS {rest}"));
    page.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn the_page_names_every_subcommand_and_is_wholly_roff() {
        let mut page = Vec::new();
        render(&mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        for name in ["SERVE", "CHECK", "DOCTOR", "REBUILD", "COMPLETIONS", "MAN"] {
            assert!(page.contains(&format!(".SH \"REFIRE {name}\"")), "{name}");
        }
        assert!(page.contains(".TH refire"), "{page}");
        assert!(!page.contains("\n# "), "{page}");
    }
}
