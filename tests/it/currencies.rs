//! Which currencies an amount may be in.

use relief_ledger::atlas::{currencies, currencies_from_csv, find_currency};

#[test]
fn a_currency_is_known_by_its_code_with_the_digits_of_its_minor_unit() {
    let digits = |code: &str| find_currency(code).unwrap().digits();
    assert_eq!((digits("USD"), digits("XOF"), digits("KWD"), digits("CLF")), (2, 0, 3, 4));
    assert_eq!(find_currency("HRK").unwrap().withdrawn(), Some(2023));
    assert_eq!(currencies().iter().filter(|currency| currency.withdrawn().is_none()).count(), 165);
    for currency in currencies() {
        assert_eq!(find_currency(currency.code()), Ok(currency));
    }
    for wrong in ["", "usd", "US", "USDT", "XXX", "XAU", "XDR", "ZZZ", "€"] {
        assert!(find_currency(wrong).is_err(), "{wrong} is none");
    }
    let words = find_currency(&"Z".repeat(1_000_000)).unwrap_err().to_string();
    assert!(words.len() < 150 && words.contains("ISO 4217"), "{words}");
    let twice =
        currencies_from_csv("code,digits,name,withdrawn\nUSD,2,,\nUSD,2,,\n").unwrap_err().to_string();
    assert!(twice.starts_with("data/currencies.csv, line 3, column code"), "{twice}");
}
