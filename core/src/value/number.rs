use std::str::FromStr;

use bigdecimal::{BigDecimal, Zero};

const MAX_DIGITS: u64 = 38;
const EXPONENTS: std::ops::RangeInclusive<i64> = -130..=125;

/// Whether DynamoDB can hold the number exactly ("Data types", Amazon DynamoDB developer guide: 38 digits, 1E-130 to
/// 9.99…E+125).
pub(super) fn fits(number: &str) -> bool {
    let bytes = number.as_bytes();
    // The common case, an integer of a primitive type, needs no decimal.
    if bytes.len() <= 20 && bytes.iter().skip(1).all(u8::is_ascii_digit) {
        return bytes
            .first()
            .is_some_and(|b| b.is_ascii_digit() || (*b == b'-' && bytes.len() > 1));
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

/// One text for equal numbers, for comparing keys and set elements: `5.0`, `05` and `5e0` are the same element.
pub(crate) fn canonical(number: &str) -> String {
    normal(number).map_or_else(
        || number.to_owned(),
        |normal| {
            let (digits, scale) = normal.into_bigint_and_scale();
            if (-40..=0).contains(&scale) {
                // Plain integers stay readable in error messages.
                return BigDecimal::new(digits, scale).with_scale(0).to_string();
            }
            format!("{digits}e{}", -scale)
        },
    )
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
        for bad in ["", "-", "abc", "1-2", "NaN", "inf"] {
            assert!(!fits(bad), "{bad}");
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
            prop_assert_eq!(canonical(&format!("{n}.{}", "0".repeat(zeros + 1))), n.to_string());
            prop_assert_eq!(canonical(&format!("{n}e0")), n.to_string());
        }

        #[test]
        fn other_numbers_have_another(a in any::<i32>(), b in any::<i32>(), places in 0usize..9) {
            let text = |n: i32| format!("{n}e-{places}");
            prop_assert_eq!(canonical(&text(a)) == canonical(&text(b)), a == b);
        }
    }
}
