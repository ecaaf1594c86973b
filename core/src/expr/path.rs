/// Where in an item: an attribute, or the way from it into nested maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<String>);

impl Path {
    /// A top-level attribute.
    pub(crate) fn attribute(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// The entry `key` of the map at this path.
    pub(crate) fn key(&self, key: &str) -> Self {
        let mut names = self.0.clone();
        names.push(key.to_owned());
        Self(names)
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }
}
