//! A checked program becomes values, asking one [`World`] for every effect. Knows no disk, clock or terminal.

mod world;

pub use world::*;
