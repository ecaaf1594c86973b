use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{self as sdk, BillingMode, KeyType, ProjectionType};
use serde::Serialize;

/// A CreateTable, with the names and the nesting of its JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateTableRequest {
    pub(crate) table_name: String,
    pub(crate) attribute_definitions: Vec<AttributeDefinition>,
    pub(crate) key_schema: Vec<KeySchemaElement>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) local_secondary_indexes: Vec<IndexDefinition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) global_secondary_indexes: Vec<IndexDefinition>,
    pub(crate) billing_mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provisioned_throughput: Option<Throughput>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributeDefinition {
    pub(crate) attribute_name: String,
    pub(crate) attribute_type: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeySchemaElement {
    pub(crate) attribute_name: String,
    pub(crate) key_type: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IndexDefinition {
    pub(crate) index_name: String,
    pub(crate) key_schema: Vec<KeySchemaElement>,
    pub(crate) projection: Projection,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provisioned_throughput: Option<Throughput>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Projection {
    pub(crate) projection_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) non_key_attributes: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Throughput {
    pub(crate) read_capacity_units: u32,
    pub(crate) write_capacity_units: u32,
}

impl CreateTableRequest {
    /// As the SDK takes it.
    pub(super) fn input(&self) -> Result<CreateTableInputBuilder, BuildError> {
        let mut input = CreateTableInputBuilder::default()
            .table_name(&self.table_name)
            .set_key_schema(Some(elements(&self.key_schema)?))
            .billing_mode(BillingMode::from(self.billing_mode))
            .set_provisioned_throughput(throughput(self.provisioned_throughput)?);
        for attribute in &self.attribute_definitions {
            let definition = sdk::AttributeDefinition::builder()
                .attribute_name(&attribute.attribute_name)
                .attribute_type(attribute.attribute_type.as_str().into());
            input = input.attribute_definitions(definition.build()?);
        }
        for index in &self.local_secondary_indexes {
            let local = sdk::LocalSecondaryIndex::builder()
                .index_name(&index.index_name)
                .set_key_schema(Some(elements(&index.key_schema)?))
                .projection(index.projection.sdk());
            input = input.local_secondary_indexes(local.build()?);
        }
        for index in &self.global_secondary_indexes {
            let global = sdk::GlobalSecondaryIndex::builder()
                .index_name(&index.index_name)
                .set_key_schema(Some(elements(&index.key_schema)?))
                .projection(index.projection.sdk())
                .set_provisioned_throughput(throughput(index.provisioned_throughput)?);
            input = input.global_secondary_indexes(global.build()?);
        }
        Ok(input)
    }
}

impl Projection {
    fn sdk(&self) -> sdk::Projection {
        sdk::Projection::builder()
            .projection_type(ProjectionType::from(self.projection_type))
            .set_non_key_attributes(self.non_key_attributes.clone())
            .build()
    }
}

fn elements(schema: &[KeySchemaElement]) -> Result<Vec<sdk::KeySchemaElement>, BuildError> {
    let elements = schema.iter().map(|element| {
        sdk::KeySchemaElement::builder()
            .attribute_name(&element.attribute_name)
            .key_type(KeyType::from(element.key_type))
            .build()
    });
    elements.collect()
}

fn throughput(
    throughput: Option<Throughput>,
) -> Result<Option<sdk::ProvisionedThroughput>, BuildError> {
    let throughput = throughput.map(|throughput| {
        sdk::ProvisionedThroughput::builder()
            .read_capacity_units(throughput.read_capacity_units.into())
            .write_capacity_units(throughput.write_capacity_units.into())
            .build()
    });
    throughput.transpose()
}
