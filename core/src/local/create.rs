use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType as KeyRole,
    LocalSecondaryIndex, Projection, ProjectionType, ScalarAttributeType, TableStatus,
};

use crate::db::Db;
use crate::entity::{Entity, IndexProjection};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeySchema, KeyType};

/// Creates the table of an entity, on whatever endpoint the `Db` talks to; a table that is there already is left alone.
///
/// Sends one CreateTable (keys and indexes of the entity, on-demand capacity), and DescribeTable until the table is active. For tests and development; a table in production
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
    let elements = |key: &KeySchema| -> Result<Vec<KeySchemaElement>> {
        let roles = [KeyRole::Hash, KeyRole::Range];
        let elements = key.attributes().zip(roles).map(|(attribute, role)| {
            KeySchemaElement::builder()
                .attribute_name(attribute.name)
                .key_type(role)
                .build()
                .map_err(invalid)
        });
        elements.collect()
    };
    let mut request = db
        .client()
        .create_table()
        .table_name(table.name())
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(elements(&E::SCHEMA.key)?));
    for index in E::SCHEMA.indexes {
        let (of_type, included) = match index.projection {
            IndexProjection::All => (ProjectionType::All, None),
            IndexProjection::Keys => (ProjectionType::KeysOnly, None),
            IndexProjection::Include(names) => (ProjectionType::Include, Some(names)),
        };
        let included = included.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let projection = Projection::builder()
            .projection_type(of_type)
            .set_non_key_attributes(included)
            .build();
        let keys = elements(&index.key)?;
        request = if index.local {
            let index = LocalSecondaryIndex::builder().index_name(index.name);
            let index = index.set_key_schema(Some(keys)).projection(projection);
            request.local_secondary_indexes(index.build().map_err(invalid)?)
        } else {
            let index = GlobalSecondaryIndex::builder().index_name(index.name);
            let index = index.set_key_schema(Some(keys)).projection(projection);
            request.global_secondary_indexes(index.build().map_err(invalid)?)
        };
    }
    let keys = E::SCHEMA.indexes.iter().map(|index| &index.key);
    let mut defined = Vec::new();
    for key in std::iter::once(&E::SCHEMA.key).chain(keys) {
        for attribute in key.attributes() {
            if defined.contains(&attribute.name) {
                continue;
            }
            defined.push(attribute.name);
            let definition = AttributeDefinition::builder()
                .attribute_name(attribute.name)
                .attribute_type(scalar_type(attribute.key_type))
                .build()
                .map_err(invalid)?;
            request = request.attribute_definitions(definition);
        }
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
