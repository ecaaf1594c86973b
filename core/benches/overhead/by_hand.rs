//! The requests as people write them by hand: the bare SDK, `serde_dynamo`, a version, and the old item with a refusal.

use std::hint::black_box;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use optimist::Entity;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use crate::Result;
use crate::account::{ByHandTable, NEW_EMAIL, Row};
use crate::contender::Contender;

pub struct ByHand {
    client: Client,
    table: &'static str,
}

fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn n(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

impl ByHand {
    pub fn new(client: Client) -> Self {
        let table = ByHandTable::SCHEMA.table;
        Self { client, table }
    }

    pub fn table(&self) -> &str {
        self.table
    }
}

impl Contender for ByHand {
    type New = Row;
    type Read = Row;

    async fn read(&self, key: &str) -> Result<Row> {
        let read = self.client.get_item().table_name(self.table);
        let read = read.key("id", s(key)).consistent_read(true).send().await?;
        Ok(from_item(read.item.ok_or("no item")?)?)
    }

    async fn absent(&self, key: &str) -> Result<Row> {
        let delete = self.client.delete_item().table_name(self.table);
        delete.key("id", s(key)).send().await?;
        Ok(Row::new(key))
    }

    async fn fresh(&self, key: &str) -> Result<Row> {
        let row = self.absent(key).await?;
        self.insert(row).await?;
        self.read(key).await
    }

    async fn insert(&self, row: Row) -> Result<()> {
        self.client
            .put_item()
            .table_name(self.table)
            .set_item(Some(to_item(&row)?))
            .condition_expression("attribute_not_exists(#id)")
            .expression_attribute_names("#id", "id")
            .return_values_on_condition_check_failure(AllOld)
            .send()
            .await?;
        black_box(row);
        Ok(())
    }

    async fn save(&self, mut row: Row) -> Result<()> {
        row.edit_two();
        self.client
            .update_item()
            .table_name(self.table)
            .key("id", s(&row.id))
            .update_expression("SET #logins = :logins, #email = :email, #version = :next")
            .condition_expression("#version = :version")
            .expression_attribute_names("#logins", "logins")
            .expression_attribute_names("#email", "email")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":logins", n(row.logins))
            .expression_attribute_values(":email", s(&row.email))
            .expression_attribute_values(":version", n(row.version))
            .expression_attribute_values(":next", n(row.version + 1))
            .return_values_on_condition_check_failure(AllOld)
            .send()
            .await?;
        row.version += 1;
        black_box(row);
        Ok(())
    }

    async fn update(&self, row: Row) -> Result<()> {
        let updated = self
            .client
            .update_item()
            .table_name(self.table)
            .key("id", s(&row.id))
            .update_expression("SET #logins = #logins + :one, #email = :email, #version = :next")
            .condition_expression("#version = :version")
            .expression_attribute_names("#logins", "logins")
            .expression_attribute_names("#email", "email")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":email", s(NEW_EMAIL))
            .expression_attribute_values(":version", n(row.version))
            .expression_attribute_values(":next", n(row.version + 1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(AllOld)
            .send()
            .await?;
        let row: Row = from_item(updated.attributes.ok_or("no attributes")?)?;
        black_box(row);
        Ok(())
    }

    async fn apply(&self, key: String) -> Result<()> {
        let applied = self
            .client
            .update_item()
            .table_name(self.table)
            .key("id", s(&key))
            .update_expression(
                "SET #logins = #logins + :one, #email = :email, #version = #version + :one",
            )
            .condition_expression("attribute_exists(#id)")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#logins", "logins")
            .expression_attribute_names("#email", "email")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":email", s(NEW_EMAIL))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(AllOld)
            .send()
            .await?;
        let row: Row = from_item(applied.attributes.ok_or("no attributes")?)?;
        black_box(row);
        Ok(())
    }

    async fn delete(&self, row: Row) -> Result<()> {
        self.client
            .delete_item()
            .table_name(self.table)
            .key("id", s(&row.id))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", n(row.version))
            .return_values_on_condition_check_failure(AllOld)
            .send()
            .await?;
        Ok(())
    }

    async fn modify(&self, key: String) -> Result<()> {
        let row = self.read(&key).await?;
        self.save(row).await
    }
}
