//! What several attempts at each prompt say together, as a table.

use ml_judge::report::Report;

use crate::screen::Paint;
use crate::table::Table;

/// pass@k and pass^k, a line for each field and k; nothing where no prompt was attempted twice.
pub(crate) fn passes(report: &Report, paint: Paint) -> String {
    let rows = report.pass_rows();
    if rows.is_empty() {
        return String::new();
    }
    let titles = [
        "ATTEMPTS",
        "  K",
        "   N",
        " PASS@K",
        "95 % INTERVAL",
        " PASS^K",
        "95 % INTERVAL",
    ];
    let mut table = Table::new(titles, paint);
    for row in rows {
        let cells = [
            row.label,
            format!("{:>3}", row.k),
            format!("{:>4}", row.n),
            format!("{:>7}", row.pass_at_k),
            row.pass_at_k_interval,
            format!("{:>7}", row.pass_hat_k),
            row.pass_hat_k_interval,
        ];
        let note = (!row.note.is_empty()).then_some(row.note.as_str());
        table.push(cells.map(Into::into), note);
    }
    table.to_string()
}
