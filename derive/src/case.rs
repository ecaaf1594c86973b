/// How field names become attribute names: serde's `rename_all`.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

const NAMES: [(&str, Case); 8] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    pub(crate) fn parse(name: &syn::LitStr) -> syn::Result<Self> {
        let known = NAMES.iter().find(|(known, _)| *known == name.value());
        known.map(|(_, case)| *case).ok_or_else(|| {
            let names = NAMES.map(|(name, _)| format!("{name:?}")).join(", ");
            syn::Error::new(
                name.span(),
                format!("unknown case, expected one of {names}"),
            )
        })
    }

    /// The attribute name of a field, whose own name is in `snake_case`.
    pub(crate) fn apply(self, field: &str) -> String {
        match self {
            Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => field.split('_').map(capitalized).collect(),
            Self::Camel => {
                let pascal = Self::Pascal.apply(field);
                let mut chars = pascal.chars();
                chars.next().map_or(String::new(), |first| {
                    first.to_ascii_lowercase().to_string() + chars.as_str()
                })
            }
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_ascii_uppercase().to_string() + chars.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_serdes() {
        let all: Vec<_> = NAMES
            .iter()
            .map(|(_, case)| case.apply("last_login_at"))
            .collect();
        assert_eq!(
            all,
            [
                "last_login_at",
                "LAST_LOGIN_AT",
                "LastLoginAt",
                "lastLoginAt",
                "last_login_at",
                "LAST_LOGIN_AT",
                "last-login-at",
                "LAST-LOGIN-AT",
            ]
        );
    }
}
