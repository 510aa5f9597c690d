//! Tests of the reader, the compiler and the checker, on a bundle that has nothing to do with jobs.

pub(crate) mod example;
mod faults;
mod proofs;
mod report;
mod robust;
