//! `kaziline menu schema`

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::super::{Verdict, print_json};
use super::write_file;
use crate::actions;
use crate::menu::schema::{SchemaOf, schema};

/// The JSON Schema of the files, for editors
#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {
    /// The kind of file: bundle.toml, one of flows/, or one of text/
    #[arg(value_enum, required_unless_present = "output", conflicts_with = "output")]
    of: Option<Kind>,
    /// Write the schemas of all three into this folder: bundle.schema.json, flow.schema.json and text.schema.json
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Bundle,
    Flow,
    Text,
}

impl Kind {
    fn of(self) -> SchemaOf {
        match self {
            Kind::Bundle => SchemaOf::Bundle,
            Kind::Flow => SchemaOf::Flow,
            Kind::Text => SchemaOf::Text,
        }
    }
}

impl Schema {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        if let Some(kind) = self.of {
            print_json(&schema(kind.of(), actions::manifest()))?;
        }
        if let Some(folder) = self.output {
            fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            for (name, of) in [("bundle", SchemaOf::Bundle), ("flow", SchemaOf::Flow), ("text", SchemaOf::Text)] {
                let text = serde_json::to_string_pretty(&schema(of, actions::manifest()))? + "\n";
                write_file(&folder.join(format!("{name}.schema.json")), text.as_bytes())?;
            }
        }
        Ok(Verdict::Good)
    }
}
