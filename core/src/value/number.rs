use std::borrow::Cow;
use std::str::FromStr;

use bigdecimal::{BigDecimal, Zero};

const MAX_DIGITS: u64 = 38;
const EXPONENTS: std::ops::RangeInclusive<i64> = -130..=125;

/// Whether DynamoDB can hold the number exactly ("Data types", Amazon DynamoDB developer guide: 38 digits, 1E-130 to
/// 9.99…E+125).
pub(super) fn fits(number: &str) -> bool {
    if is_short(number) {
        return true;
    }
    let Some(normal) = normal(number) else {
        return false;
    };
    if normal.is_zero() {
        return true;
    }
    let digits = normal.digits();
    let exponent = i64::try_from(digits)
        .unwrap_or(i64::MAX)
        .saturating_sub(1)
        .saturating_sub(normal.fractional_digit_count());
    digits <= MAX_DIGITS && EXPONENTS.contains(&exponent)
}

/// A number in its shortest form: digits without zeros at their end, and an exponent. `None` for what is none, and for
/// exponents so far out of DynamoDB's range that they would overflow.
pub(super) fn normal(number: &str) -> Option<BigDecimal> {
    let decimal = BigDecimal::from_str(number).ok()?;
    i32::try_from(decimal.fractional_digit_count()).ok()?;
    Some(decimal.normalized())
}

/// The usual text of a number, with or without a point: one that has no more than 38 digits is in range as well.
fn is_short(number: &str) -> bool {
    let number = number.strip_prefix('-').unwrap_or(number);
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    number.len() <= 38 && digits(whole) && digits(part)
}

/// One text for equal numbers, for comparing keys and set elements: `5.0`, `05` and `5e0` are the same element.
pub(crate) fn canonical(number: &str) -> Cow<'_, str> {
    if is_plain_integer(number) {
        return Cow::Borrowed(number);
    }
    let Some(normal) = normal(number) else {
        return Cow::Borrowed(number);
    };
    let (digits, scale) = normal.into_bigint_and_scale();
    Cow::Owned(if (-40..=0).contains(&scale) {
        // Plain integers stay readable in error messages.
        BigDecimal::new(digits, scale).with_scale(0).to_string()
    } else {
        format!("{digits}e{}", -scale)
    })
}

/// Whether two texts are one number.
pub(super) fn same_number(a: &str, b: &str) -> bool {
    a == b || canonical(a) == canonical(b)
}

/// The usual text of a number, which is canonical as it is.
fn is_plain_integer(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number).as_bytes();
    match digits {
        [b'0'] => number.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.len() < 38 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thirty_eight_digits_fit_and_thirty_nine_do_not() {
        assert!(fits(&"9".repeat(38)));
        assert!(!fits(&"9".repeat(39)));
        assert!(fits(&format!("{}000", "9".repeat(38))));
        assert!(fits(&format!("-0.{}", "7".repeat(38))));
        for good in ["0", "-7", "0.5", "-0.000", "1.5e3", "1e125", "1e-130"] {
            assert!(fits(good), "{good}");
        }
        for bad in [
            "", "-", "abc", "1-2", "NaN", "inf", "1e126", "1e-131", "1.2.3", "--1",
        ] {
            assert!(!fits(bad), "{bad}");
        }
    }

    #[test]
    fn zero_has_one_text() {
        for zero in ["0", "-0", "00", "0.0", "0e5"] {
            assert_eq!(canonical(zero), "0", "{zero}");
        }
    }

    #[test]
    fn exponents_that_would_overflow_are_refused() {
        for far in [
            "10e9223372036854775808",
            "1e-9223372036854775807",
            "1e999999999",
        ] {
            assert!(!fits(far), "{far}");
            assert!(canonical(far).len() <= far.len());
        }
    }

    proptest! {
        #[test]
        fn equal_numbers_have_one_text(n in any::<i64>(), zeros in 0usize..5) {
            let texts = [format!("{n}.{}", "0".repeat(zeros + 1)), format!("{n}e0"), format!("{n}")];
            for text in &texts {
                prop_assert_eq!(canonical(text), n.to_string());
            }
        }

        #[test]
        fn other_numbers_have_another(a in any::<i32>(), b in any::<i32>(), places in 0usize..9) {
            let text = |n: i32| format!("{n}e-{places}");
            prop_assert_eq!(same_number(&text(a), &text(b)), a == b);
        }
    }
}
