use aws_sdk_dynamodb::types::{self as sdk, KeySchemaElement, KeyType, TableDescription};

use super::shape::{Index, KeyAttribute, Keys, Projection, Shape};

/// What a DescribeTable shows of keys and indexes.
pub(super) fn described(table: &TableDescription) -> Shape {
    let keys = |schema: &[KeySchemaElement]| {
        let mut elements: Vec<_> = schema.iter().collect();
        elements.sort_by_key(|element| element.key_type != KeyType::Hash);
        let attributes = elements.into_iter().map(|element| KeyAttribute {
            name: element.attribute_name.clone(),
            key_type: type_of(&element.attribute_name, table),
        });
        Keys(attributes.collect())
    };
    let index = |local, name: Option<&str>, schema: &[_], projection: Option<&_>| Index {
        name: name.unwrap_or_default().to_owned(),
        local,
        key: keys(schema),
        projection: projected(projection),
    };
    let local = table.local_secondary_indexes().iter();
    let local = local.map(|i| index(true, i.index_name(), i.key_schema(), i.projection()));
    let global = table.global_secondary_indexes().iter();
    let global = global.map(|i| index(false, i.index_name(), i.key_schema(), i.projection()));
    Shape {
        key: keys(table.key_schema()),
        indexes: local.chain(global).collect(),
    }
}

fn type_of(attribute: &str, table: &TableDescription) -> String {
    let mut definitions = table.attribute_definitions().iter();
    let definition = definitions.find(|definition| definition.attribute_name == attribute);
    let key_type = definition.map(|definition| definition.attribute_type.as_str());
    key_type.unwrap_or("no type").to_owned()
}

fn projected(projection: Option<&sdk::Projection>) -> Projection {
    let included = projection.map_or(&[][..], sdk::Projection::non_key_attributes);
    match projection.and_then(sdk::Projection::projection_type) {
        Some(sdk::ProjectionType::All) => Projection::All,
        Some(sdk::ProjectionType::Include) => {
            Projection::Include(included.iter().cloned().collect())
        }
        _ => Projection::Keys,
    }
}
