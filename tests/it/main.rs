//! The integration tests, in one program: the service as it is run, through its doors.

mod apply;
mod commands;
mod hooks;
mod killed;
mod listener;
mod simulation;
mod start;
mod support;
mod tidy;
mod transcripts;
