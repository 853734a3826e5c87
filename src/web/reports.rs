//! Reports over the admin API: made in a file beside, streamed, and gone (contract section 6).

use std::fs::File;
use std::path::{Path, PathBuf};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use futures_util::stream;
use serde::Deserialize;
use tokio::io::AsyncReadExt;

use super::admin::{allowed, unavailable};
use super::respond::problem;
use super::statements::find;
use super::surface::Surface;
use crate::domain::Piaid;
use crate::domain::catalog::MerchantId;
use crate::finance::{FinanceError, PeriodAccount, PeriodAsked, Surfaces, write_period, write_statement};
use crate::report::{Aside, Day, Format, Progress, ReportError, Written};
use crate::storage::StatementRow;

/// How much of a file is sent at once.
const CHUNK: usize = 256 * 1024;

/// Where the report of a statement is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct StatementAsked {
    account: Option<String>,
}

/// `GET /api/v1/statements/{id}/report.csv`, `.xlsx`
pub(super) async fn statement(
    surface: web::Data<Surface>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    asked: web::Query<StatementAsked>,
) -> HttpResponse {
    let (id, extension) = path.into_inner();
    let made = async {
        allowed(&surface, &request, "reports:read").await?;
        let format = Format::parse(&extension).map_err(|_| problem(StatusCode::NOT_FOUND, "no such report"))?;
        let account = asked.account.as_deref().map(Piaid::parse).transpose();
        let account = account.map_err(|_| problem(StatusCode::BAD_REQUEST, "account: expected a PIAID"))?;
        let row = find(&surface, &id, account.as_ref()).await?;
        Ok(statement_file(&surface, &row, format).await?)
    };
    made.await.unwrap_or_else(|refused| refused)
}

/// The report of a statement, as an answer that is being sent.
pub(super) async fn statement_file(
    surface: &Surface,
    row: &StatementRow,
    format: Format,
) -> Result<HttpResponse, NotMade> {
    let (store, id) = (surface.store.clone(), row.id);
    let now = surface.clock.now();
    let write = move |path: PathBuf| async move {
        write_statement(&store, id, (format, &path, &Progress::default()), now).await
    };
    let written = aside(format, write).await?;
    let statement_id = row.state.notice().map_or_else(String::new, |notice| notice.statement_id.to_string());
    Ok(send(written, format, &format!("statement-{statement_id}")))
}

/// How the report of a period is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct PeriodQuery {
    from: String,
    to: String,
    account: Option<String>,
    merchant: Option<String>,
    surface: Option<String>,
}

impl PeriodQuery {
    fn account(&self) -> Result<Option<PeriodAccount>, &'static str> {
        match (&self.account, &self.merchant) {
            (None, None) => Ok(None),
            (Some(account), None) => {
                let piaid = Piaid::parse(account).map_err(|_| "account: expected a PIAID")?;
                Ok(Some(PeriodAccount::Google(piaid)))
            }
            (None, Some(merchant)) => {
                let merchant = MerchantId::parse(merchant).map_err(|_| "merchant: expected a merchant_id")?;
                Ok(Some(PeriodAccount::Merchant(merchant)))
            }
            (Some(_), Some(_)) => Err("account and merchant exclude each other"),
        }
    }
}

/// `GET /api/v1/reports/period.csv?from=DAY&to=DAY`, `.xlsx`
pub(super) async fn period(
    surface: web::Data<Surface>,
    extension: web::Path<String>,
    request: HttpRequest,
    query: web::Query<PeriodQuery>,
) -> HttpResponse {
    let bad = |text: &str| problem(StatusCode::BAD_REQUEST, text);
    let made = async {
        allowed(&surface, &request, "reports:read").await?;
        let format = Format::parse(&extension).map_err(|_| problem(StatusCode::NOT_FOUND, "no such report"))?;
        let day = |name: &str, text: &str| Day::parse(text).map_err(|error| bad(&format!("{name}: {error}")));
        let surfaces = query.surface.as_deref().map_or(Some(Surfaces::All), Surfaces::parse);
        let asked = PeriodAsked {
            from: day("from", &query.from)?,
            to: day("to", &query.to)?,
            account: query.account().map_err(bad)?,
            surfaces: surfaces.ok_or_else(|| bad("surface: expected redirect, booking, outlook or all"))?,
        };
        let name = format!("period-{}-to-{}", asked.from, asked.to);
        let store = surface.store.clone();
        let now = surface.clock.now();
        let write = move |path: PathBuf| async move {
            write_period(&store, &asked, (format, &path, &Progress::default()), now).await
        };
        let written = aside(format, write).await?;
        Ok(send(written, format, &name))
    };
    made.await.unwrap_or_else(|refused| refused)
}

/// Why there is no report.
#[derive(Debug)]
pub(super) enum NotMade {
    /// The books, or what was asked.
    Finance(FinanceError),
    /// Making it ended abnormally; the log says how.
    Ended,
}

impl From<NotMade> for HttpResponse {
    fn from(why: NotMade) -> Self {
        match why {
            NotMade::Finance(FinanceError::Storage(error)) => unavailable(&error),
            NotMade::Finance(error @ FinanceError::NotReconciled(_)) => {
                problem(StatusCode::CONFLICT, &error.to_string())
            }
            NotMade::Finance(error @ FinanceError::Backwards) => {
                problem(StatusCode::BAD_REQUEST, &format!("from: {error}"))
            }
            NotMade::Finance(FinanceError::Unknown) => problem(StatusCode::NOT_FOUND, "no such statement"),
            NotMade::Finance(FinanceError::Report(error)) => {
                tracing::error!(error = %error, "a report could not be made");
                problem(StatusCode::INTERNAL_SERVER_ERROR, "the report could not be written on the server")
            }
            NotMade::Ended => problem(StatusCode::INTERNAL_SERVER_ERROR, "the report could not be made"),
        }
    }
}

/// On a thread of its own: a workbook is seconds of work, and other people ask the same listener.
async fn aside<F>(format: Format, make: impl FnOnce(PathBuf) -> F + Send + 'static) -> Result<(Written, File), NotMade>
where
    F: Future<Output = Result<Written, FinanceError>>,
{
    let runtime = tokio::runtime::Handle::current();
    let made = tokio::task::spawn_blocking(move || {
        let failed = |path: &Path, doing| {
            let path = path.to_owned();
            move |source| ReportError::File { path, doing, source }
        };
        let folder = Aside::new().map_err(failed(&std::env::temp_dir(), "find a place for"))?;
        let path = folder.place(&format!("report.{}", format.extension()));
        let written = runtime.block_on(make(path.clone()))?;
        // Open, and without a name once the folder is gone: whatever becomes of the asker, nothing stays behind.
        let file = File::open(&path).map_err(failed(&path, "read"))?;
        Ok((written, file))
    });
    match made.await {
        Ok(made) => made.map_err(NotMade::Finance),
        Err(error) => {
            tracing::error!(error = %error, "making a report ended abnormally");
            Err(NotMade::Ended)
        }
    }
}

/// Streams the file.
fn send((written, file): (Written, File), format: Format, name: &str) -> HttpResponse {
    let opened = tokio::fs::File::from_std(file);
    let chunks = stream::unfold(Some(opened), |file| async {
        let mut file = file?;
        let mut chunk = vec![0; CHUNK];
        match file.read(&mut chunk).await {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok(web::Bytes::from(chunk)), Some(file)))
            }
            Err(error) => Some((Err(error), None)),
        }
    });
    let digest = base64::engine::general_purpose::STANDARD.encode(written.sha256);
    HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", format.extension())))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // RFC 9530: the digest that is also recorded.
        .insert_header(("repr-digest", format!("sha-256=:{digest}:")))
        .no_chunking(written.bytes)
        .streaming(chunks)
}
