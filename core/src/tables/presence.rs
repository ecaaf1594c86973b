use aws_sdk_dynamodb::types::{IndexStatus, TableDescription, TableStatus};

use super::described::described;
use super::differences::{Unmapped, differences};
use super::shape::Shape;

/// Whether a table can be used as it is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Ready,
    /// It may be later; why it is not yet.
    NotYet(String),
    /// It never will be by itself; why, each reason a clause.
    Differs(Vec<String>),
}

impl Presence {
    pub(super) fn of(table: &TableDescription, wanted: &Shape, unmapped: Unmapped) -> Self {
        let status = table.table_status();
        match status {
            Some(TableStatus::Deleting) => {
                return Self::NotYet("the table is being deleted".to_owned());
            }
            // One that is being updated answers.
            Some(TableStatus::Active | TableStatus::Creating | TableStatus::Updating) => {}
            other => {
                let status = other.map_or("unknown", TableStatus::as_str);
                return Self::Differs(vec![format!("its status is {status}")]);
            }
        }
        let mut differ = differences(wanted, &described(table), unmapped);
        let mut not_yet = Vec::new();
        for index in table.global_secondary_indexes() {
            let name = index.index_name().unwrap_or_default();
            if wanted.index(name).is_none() {
                continue;
            }
            match index.index_status() {
                Some(IndexStatus::Creating) => not_yet.push(format!("index `{name}`")),
                Some(IndexStatus::Deleting) => {
                    differ.push(format!("index `{name}` is being deleted"));
                }
                _ => {}
            }
        }
        if !differ.is_empty() {
            return Self::Differs(differ);
        }
        if status == Some(&TableStatus::Creating) {
            not_yet = vec!["the table".to_owned()];
        }
        if not_yet.is_empty() {
            Self::Ready
        } else {
            Self::NotYet(format!("still being created: {}", not_yet.join(", ")))
        }
    }
}
