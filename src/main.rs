//! The program: everything is in the library.

/// Half of what a hop does outside the database is taking and giving back small pieces of memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    kaziline::cli::main()
}
