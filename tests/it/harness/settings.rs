//! What a test wants of its server, and the configuration file that says so.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use roundtrip::crypto::Scheme;

use super::account::{CALLBACK_HOST, PIAID};
use super::issuer::Bank;
use super::keys::{self, KeyFiles};

/// Where the payments are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// An account: its name, scheme, the names of the keys of both sides (see `keys::key_files`), and what it offers.
#[derive(Debug, Clone)]
pub(crate) struct AccountSetup {
    pub(crate) piaid: String,
    pub(crate) scheme: Scheme,
    pub(crate) own: Vec<&'static str>,
    pub(crate) peers: Vec<&'static str>,
    pub(crate) issuers: Vec<&'static str>,
    /// Further lines of `[[google.accounts]]`.
    pub(crate) more: String,
}

/// An issuer.
#[derive(Debug, Clone)]
pub(crate) struct IssuerSetup {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) currencies: &'static str,
    /// Keys beside the first, of `keys::secret`.
    pub(crate) further_keys: Vec<(&'static str, u8)>,
    /// Further lines of `[[issuers]]`.
    pub(crate) more: String,
}

/// Settings of a world; most tests change one thing or none.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) accounts: Vec<AccountSetup>,
    pub(crate) issuers: Vec<IssuerSetup>,
    pub(crate) nodes: usize,
    pub(crate) engine: Engine,
    /// Without it there is no `[google]`.
    pub(crate) google: bool,
    /// Further lines of `[google]`.
    pub(crate) google_more: String,
    /// Further lines of `[server]`.
    pub(crate) server_more: String,
    /// Further sections.
    pub(crate) more: String,
    /// Path prefix of `public_url`.
    pub(crate) prefix: &'static str,
    /// Scheme and authority of `public_url`, if not those of the first node.
    pub(crate) public_origin: Option<&'static str>,
    /// `signing.keys`: ids and seeds of `keys::secret`.
    pub(crate) url_keys: Vec<(&'static str, u8)>,
}

impl AccountSetup {
    pub(crate) fn new(piaid: &str, scheme: Scheme) -> Self {
        Self {
            piaid: piaid.to_owned(),
            scheme,
            own: vec!["ours"],
            peers: vec!["google"],
            issuers: vec!["BANK_A", "BANK_B"],
            more: String::new(),
        }
    }
}

impl IssuerSetup {
    pub(crate) const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name, currencies: "INR", further_keys: Vec::new(), more: String::new() }
    }

    pub(crate) fn with(mut self, lines: &str) -> Self {
        lines.clone_into(&mut self.more);
        self
    }

    pub(crate) const fn taking(mut self, currencies: &'static str) -> Self {
        self.currencies = currencies;
        self
    }
}

impl Setup {
    /// One account in this scheme, two issuers, one node on SQLite.
    pub(crate) fn of(scheme: Scheme) -> Self {
        Self {
            accounts: vec![AccountSetup::new(PIAID, scheme)],
            issuers: vec![
                IssuerSetup::new("BANK_A", "Bank A")
                    .with("min_amount_micros = 1000000\nmax_amount_micros = 200000000000"),
                IssuerSetup::new("BANK_B", "Bank B").with("max_amount_micros = 500000000000"),
            ],
            nodes: 1,
            engine: Engine::Sqlite,
            google: true,
            google_more: String::new(),
            server_more: String::new(),
            more: String::new(),
            prefix: "",
            public_origin: None,
            url_keys: vec![("u1", 200)],
        }
    }

    pub(crate) fn pgp() -> Self {
        Self::of(Scheme::Pgp)
    }

    pub(crate) fn jose() -> Self {
        Self::of(Scheme::Jose)
    }

    /// Several nodes on one PostgreSQL.
    pub(crate) fn nodes(mut self, nodes: usize) -> Self {
        (self.nodes, self.engine) = (nodes, Engine::Postgres);
        self
    }

    /// Changes anything else.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// What a configuration file is written from.
pub(crate) struct File<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) dir: &'a Path,
    /// `listen` and `admin_listen`.
    pub(crate) ports: (u16, u16),
    /// Scheme and authority; the path prefix is added.
    pub(crate) public_origin: &'a str,
    pub(crate) database: &'a str,
    pub(crate) google_endpoint: &'a str,
    pub(crate) banks: &'a [Bank],
    /// Where key files come from.
    pub(crate) keys: fn(Scheme, &str) -> Arc<KeyFiles>,
}

impl File<'_> {
    /// Writes the key files, and answers the configuration's text.
    pub(crate) fn write(&self) -> String {
        let Setup { server_more, google_more, more, prefix, .. } = self.setup;
        let (public, admin) = self.ports;
        let mut text = format!(
            "{more}\n[server]\nlisten = \"127.0.0.1:{public}\"\nadmin_listen = \"127.0.0.1:{admin}\"\n\
             public_url = \"{}{prefix}\"\nworkers = 1\nshutdown_timeout_s = 1\n{server_more}\n\
             [database]\nurl = \"{}\"\n\n\
             [signing]\nkeys = [{}]\n",
            self.public_origin,
            self.database,
            self.secrets(&self.setup.url_keys),
        );
        for (issuer, bank) in self.setup.issuers.iter().zip(self.banks) {
            self.issuer(issuer, bank, &mut text);
        }
        if self.setup.google {
            write!(
                text,
                "\n[google]\nendpoint = \"{}\"\ncallback_hosts = [\"{CALLBACK_HOST}\", \"localhost\"]\n{google_more}\n",
                self.google_endpoint
            )
            .unwrap();
            for account in &self.setup.accounts {
                self.account(account, &mut text);
            }
        }
        text
    }

    /// The entries of a list of secrets, their files written.
    fn secrets(&self, secrets: &[(&str, u8)]) -> String {
        let entries = secrets.iter().map(|(id, seed)| {
            std::fs::write(self.dir.join(format!("secret-{id}")), keys::secret(*seed).1).unwrap();
            format!("{{ id = \"{id}\", secret_file = \"secret-{id}\" }}")
        });
        entries.collect::<Vec<_>>().join(", ")
    }

    fn issuer(&self, issuer: &IssuerSetup, bank: &Bank, text: &mut String) {
        let IssuerSetup { id, name, currencies, further_keys, more } = issuer;
        let mut secrets = vec![(bank.first_key.as_str(), bank.seed)];
        secrets.extend(further_keys);
        let urls = ["authorize", "status", "refund"]
            .map(|what| format!("{what}_url = \"{}\"\n", bank.url(&format!("/{what}"))));
        write!(
            text,
            "\n[[issuers]]\nid = \"{id}\"\nname = \"{name}\"\n{}currencies = [\"{}\"]\n\
             keys = [{}]\n{more}\n",
            urls.concat(),
            currencies.replace(',', "\",\""),
            self.secrets(&secrets),
        )
        .unwrap();
    }

    fn account(&self, account: &AccountSetup, text: &mut String) {
        let AccountSetup { piaid, scheme, own, peers, issuers, more } = account;
        let file = |owner: &str, private: bool| {
            let files = (self.keys)(*scheme, owner);
            let name = format!("{owner}-{}{}", scheme.as_str(), if private { "" } else { "-public" });
            std::fs::write(self.dir.join(&name), if private { &files.private } else { &files.public }).unwrap();
            name
        };
        let own: Vec<_> = own.iter().map(|owner| file(owner, true)).collect();
        let peers: Vec<_> = peers.iter().map(|owner| file(owner, false)).collect();
        write!(
            text,
            "\n[[google.accounts]]\npiaid = \"{piaid}\"\nscheme = \"{}\"\nown_keys = {own:?}\npeer_keys = {peers:?}\n\
             issuers = {issuers:?}\n{more}\n",
            scheme.as_str(),
        )
        .unwrap();
    }
}
