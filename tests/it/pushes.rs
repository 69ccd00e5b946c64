//! Told next.
