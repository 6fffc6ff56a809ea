//! Settings that are shown as the section which says them.

/// Makes a type with a field `section` be written and described as that section.
macro_rules! by_section {
    ($setting:ty, $section:ty) => {
        impl serde::Serialize for $setting {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                self.section.serialize(out)
            }
        }

        impl schemars::JsonSchema for $setting {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                <$section as schemars::JsonSchema>::schema_name()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$section as schemars::JsonSchema>::json_schema(generator)
            }
        }
    };
}

pub(super) use by_section;
