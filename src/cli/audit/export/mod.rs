//! `wflow audit export`: a run for others. One file a form.

pub mod attestation;
mod csv;
mod html;
mod html_rows;
mod report;

use super::{files, keys};
use crate::cli::args::{ExportArgs, ExportForm};
use crate::cli::exit::Exit;
use crate::cli::report::Trouble;
use crate::cli::runs::{named, of_project};

pub fn export(args: &ExportArgs) -> Result<Exit, Trouble> {
    let runs = of_project();
    let dir = named(&runs, &args.run)?;
    let text = match args.form {
        ExportForm::Attestation => {
            attestation::export(&runs, &dir, &keys::signing(args.signing_key.as_deref())?)?
        }
        ExportForm::Csv => csv::export(&dir)?,
        ExportForm::Html => html::export(&runs, &dir)?,
    };
    match &args.out {
        None => out!("{text}"),
        Some(path) => files::create(path, text.as_bytes(), 0o644)?,
    }
    Ok(Exit::Completed)
}
