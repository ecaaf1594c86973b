use std::collections::HashSet;

use super::shape::{Index, Keys, Projection, Shape};
use crate::wire::{self, AttributeDefinition, CreateTableRequest, KeySchemaElement, Throughput};

impl Shape {
    /// The request that creates a table of this shape: on demand where no throughput is given.
    pub(super) fn request(
        &self,
        table: &str,
        throughput: Option<Throughput>,
    ) -> CreateTableRequest {
        let mut defined = HashSet::new();
        let attributes = self
            .key_attributes()
            .filter(|attribute| defined.insert(&attribute.name));
        let attributes = attributes.map(|attribute| AttributeDefinition {
            attribute_name: attribute.name.clone(),
            attribute_type: attribute.key_type.clone(),
        });
        let indexes = |local: bool, throughput| {
            let of_kind = self.indexes.iter().filter(|index| index.local == local);
            of_kind.map(|index| index.request(throughput)).collect()
        };
        CreateTableRequest {
            table_name: table.to_owned(),
            attribute_definitions: attributes.collect(),
            key_schema: self.key.request(),
            local_secondary_indexes: indexes(true, None),
            global_secondary_indexes: indexes(false, throughput),
            billing_mode: match throughput {
                None => "PAY_PER_REQUEST",
                Some(_) => "PROVISIONED",
            },
            provisioned_throughput: throughput,
        }
    }
}

impl Index {
    fn request(&self, throughput: Option<Throughput>) -> wire::IndexDefinition {
        let (projection_type, included) = match &self.projection {
            Projection::All => ("ALL", None),
            Projection::Keys => ("KEYS_ONLY", None),
            Projection::Include(names) => ("INCLUDE", Some(names.iter().cloned().collect())),
        };
        wire::IndexDefinition {
            index_name: self.name.clone(),
            key_schema: self.key.request(),
            projection: wire::Projection {
                projection_type,
                non_key_attributes: included,
            },
            provisioned_throughput: throughput,
        }
    }
}

impl Keys {
    fn request(&self) -> Vec<KeySchemaElement> {
        let roles = ["HASH", "RANGE"];
        let elements = self.0.iter().zip(roles);
        let elements = elements.map(|(attribute, key_type)| KeySchemaElement {
            attribute_name: attribute.name.clone(),
            key_type,
        });
        elements.collect()
    }
}
