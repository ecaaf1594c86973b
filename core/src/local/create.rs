use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType as KeyRole, ScalarAttributeType,
    TableStatus,
};

use crate::db::Db;
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::key::KeyType;

/// Creates the table of an entity, on whatever endpoint the `Db` talks to; a table that is there already is left alone.
///
/// Sends one CreateTable (the keys of the entity, on-demand capacity), and DescribeTable until the table is active. For tests and development; a table in production
/// wants its own definition.
///
/// # Errors
/// `Service`: DynamoDB refused.
pub async fn create_table<E: Entity>(db: &Db) -> Result<()> {
    let table = db.table::<E>();
    let invalid = |error| {
        let message = format!("table `{}` could not be created", table.name());
        Error::new(ErrorKind::Service, message).because(error)
    };
    let key = &E::SCHEMA.key;
    let attributes = std::iter::once((key.partition, KeyRole::Hash))
        .chain(key.sort.map(|sort| (sort, KeyRole::Range)));
    let mut request = db
        .client()
        .create_table()
        .table_name(table.name())
        .billing_mode(BillingMode::PayPerRequest);
    for (attribute, role) in attributes {
        let definition = AttributeDefinition::builder()
            .attribute_name(attribute.name)
            .attribute_type(scalar_type(attribute.key_type))
            .build()
            .map_err(invalid)?;
        let element = KeySchemaElement::builder()
            .attribute_name(attribute.name)
            .key_type(role)
            .build()
            .map_err(invalid)?;
        request = request
            .attribute_definitions(definition)
            .key_schema(element);
    }
    if let Err(error) = request.send().await
        && !exists(&error)
    {
        let message = format!("table `{}` could not be created", table.name());
        return Err(Error::new(ErrorKind::Service, message).because(error));
    }
    active(db, table.name()).await
}

/// DynamoDB creates tables in the background: waits up to a minute.
async fn active(db: &Db, table: &str) -> Result<()> {
    for _ in 0..240 {
        let answer = db.client().describe_table().table_name(table).send().await;
        let status = answer.ok().and_then(|answer| answer.table?.table_status);
        if status == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let message = format!("table `{table}` was not active within a minute");
    Err(Error::new(ErrorKind::Service, message))
}

fn scalar_type(of_type: KeyType) -> ScalarAttributeType {
    match of_type {
        KeyType::S => ScalarAttributeType::S,
        KeyType::N => ScalarAttributeType::N,
        KeyType::B => ScalarAttributeType::B,
    }
}

fn exists<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ResourceInUseException")
}
