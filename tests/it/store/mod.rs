//! A store on disk that fails, is full, is damaged or is somebody else's.

mod faults;
mod figure;
mod kept;
mod process;
mod rebuild;
