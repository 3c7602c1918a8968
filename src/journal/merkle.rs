//! The Merkle tree of RFC 6962 over a growing list of lines: one root commits to all of them and to their order, and
//! the root of any beginning can be computed again from the lines alone.

use sha2::{Digest as _, Sha256};

/// SHA-256, with what keeps a leaf from being taken for a node.
pub type Hash = [u8; 32];

/// A tree that only grows. It keeps the roots of its complete subtrees, largest first; their sizes are the bits of the
/// number of leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    leaves: u64,
    peaks: Vec<Hash>,
}

impl Tree {
    pub fn of<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Tree {
        let mut tree = Tree::default();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }

    pub fn push(&mut self, leaf: &[u8]) {
        let mut hash: Hash = Sha256::new().chain_update([0]).chain_update(leaf).finalize().into();
        // Each subtree of the same size that stands before it becomes its left half.
        for _ in 0..self.leaves.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.leaves += 1;
    }

    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Sha256::digest([]).into(),
            Some(last) => peaks.fold(*last, |right, left| node(left, &right)),
        }
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}
