use super::Compiler;
use crate::expr::compiled::Compiled;

impl Compiler {
    /// Goes on from what is compiled: what stands there keeps its placeholders.
    pub(crate) fn upon(compiled: Compiled) -> Self {
        let Compiled {
            update,
            condition,
            key_condition,
            projection,
            names,
            values,
        } = compiled;
        Self {
            names,
            values,
            update,
            condition,
            key_condition,
            projection,
            ..Self::default()
        }
    }

    /// Asks for these attributes, and no others. None may stand there twice.
    pub(crate) fn projection(mut self, attributes: Vec<&'static str>) -> Self {
        for (index, attribute) in attributes.into_iter().enumerate() {
            self.say(if index == 0 { "" } else { ", " });
            self.name(attribute.into());
        }
        self.projection = Some(std::mem::take(&mut self.text));
        self
    }
}
