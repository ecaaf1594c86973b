use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest as Entry};
use tracing::debug;

use super::{Failure, FailureKind, Wire, WriteOperation, WriteRequest};
use crate::retry::TimeLimit;
use crate::value::Item;

/// A write of a batch that was not carried out: its table, and an item with its key.
#[derive(Debug)]
pub(crate) struct Unprocessed {
    pub(crate) table: String,
    pub(crate) item: Item,
}

impl Wire<'_> {
    /// Sends a BatchWriteItem: at most 25 puts and deletes without conditions, none of them of one item.
    pub(crate) async fn batch_write(
        &self,
        writes: Vec<WriteRequest>,
        limit: TimeLimit,
    ) -> Result<Vec<Unprocessed>, Failure> {
        let mut tables: HashMap<String, Vec<Entry>> = HashMap::new();
        let asked = writes.len();
        for write in writes {
            let table = Arc::clone(write.target.table());
            let entry = entry(write).map_err(unbuilt)?;
            match tables.get_mut(&*table) {
                Some(entries) => entries.push(entry),
                None => drop(tables.insert(table.to_string(), vec![entry])),
            }
        }
        let named = tracing::enabled!(tracing::Level::DEBUG).then(|| names(&tables));
        let call = self
            .client()
            .batch_write_item()
            .set_request_items(Some(tables))
            .set_return_consumed_capacity(self.report());
        let copy = self.send(Box::pin(call.send()), limit).await;
        let result = copy.into_answer().map(|output| {
            let tables = output.unprocessed_items.unwrap_or_default().into_iter();
            let left = tables.flat_map(|(table, entries)| {
                let item = move |entry| Unprocessed {
                    table: table.clone(),
                    item: shown(entry),
                };
                entries.into_iter().map(item)
            });
            left.collect::<Vec<_>>()
        });
        let (outcome, unprocessed) = match &result {
            Ok(left) => ("done", left.len()),
            Err(failure) => (failure.kind.name(), asked),
        };
        debug!(
            tables = named.as_deref(),
            operation = "BatchWriteItem",
            asked,
            unprocessed,
            outcome
        );
        result
    }
}

fn entry(write: WriteRequest) -> Result<Entry, BuildError> {
    let entry = Entry::builder();
    Ok(match write.operation {
        WriteOperation::Put { item } => {
            let put = PutRequest::builder().set_item(Some(item));
            entry.put_request(put.build()?)
        }
        // No batch has updates: what plans one sends them singly.
        WriteOperation::Delete | WriteOperation::Update { .. } => {
            let delete = DeleteRequest::builder().set_key(Some(write.target.key_item()));
            entry.delete_request(delete.build()?)
        }
    }
    .build())
}

/// What an entry shows of its item, the key at least.
fn shown(entry: Entry) -> Item {
    let put = entry.put_request.map(|put| put.item);
    let delete = entry.delete_request.map(|delete| delete.key);
    put.or(delete).unwrap_or_default()
}

fn unbuilt(source: BuildError) -> Failure {
    Failure {
        kind: FailureKind::Final,
        retry_after: None,
        reply: None,
        source: source.into(),
    }
}

fn names(tables: &HashMap<String, Vec<Entry>>) -> String {
    let names: Vec<_> = tables.keys().map(String::as_str).collect();
    names.join(", ")
}
