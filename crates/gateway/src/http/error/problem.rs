pub struct Problem;
pub struct FieldError;
