//! Text becomes a typed tree, by `grammar/wflow.pest`. No pest type leaves this folder.

pub mod ast;
