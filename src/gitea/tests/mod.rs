//! The client against a small scripted server: what is asked, how often, and what answers mean.

mod answers;
mod calls;
mod identities;
mod lists;
mod membership;
mod recorded;
mod stub;
mod tls;
mod writes;
