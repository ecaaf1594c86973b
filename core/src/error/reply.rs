/// What DynamoDB said when it refused a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
}

/// Refusals of what a request is about. Of several writes in one request any may be meant.
const ABOUT_CONTENT: [&str; 4] = [
    "ItemCollectionSizeLimitExceededException",
    "ResourceNotFoundException",
    "SerializationException",
    "ValidationException",
];

/// The body was too large; DynamoDB answers without a code.
const TOO_LARGE: u16 = 413;

impl Reply {
    /// Whether it refuses what the request is about, not who sent it: a part of it may fare better.
    pub(crate) fn is_about_content(&self) -> bool {
        match self.code.as_deref() {
            Some(code) => ABOUT_CONTENT.contains(&code),
            None => self.status == TOO_LARGE,
        }
    }
}
