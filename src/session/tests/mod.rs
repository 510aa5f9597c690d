//! Tests of the session on the clinic and market example, with a host that answers from a few lists.

mod dialled;
mod host;
mod lists;
mod mutations;
mod operated;
mod random;
mod typed;
mod walk;
