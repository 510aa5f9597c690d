//! Identifiers: 64-bit integers made by the caller of a transaction, never by the database.

/// A run of identifiers that belongs to one unit of work. `Clone` starts it anew: a transaction that runs again clones
/// the block that it captured and so makes the same identifiers.
#[derive(Clone, Debug)]
pub struct IdBlock {
    first: i64,
    used: i64,
    len: i64,
}

impl IdBlock {
    /// The identifiers `first .. first + len`.
    pub fn new(first: i64, len: i64) -> Self {
        Self { first, used: 0, len }
    }

    /// The first identifier of the block, used or not.
    pub fn first(&self) -> i64 {
        self.first
    }

    /// The next unused identifier; `None` when the block is used up.
    pub fn next_id(&mut self) -> Option<i64> {
        (self.used < self.len).then(|| {
            self.used += 1;
            self.first + self.used - 1
        })
    }
}
