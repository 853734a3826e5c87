//! The payer's way: shop, choice, bank, and home again.

use fantoccini::Locator;

use super::session::Browser;

/// How the payment is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Begin Redirect.
    Begin,
    /// generateRedirectPaymentUrl.
    Generate,
}

/// How messages are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// OpenPGP.
    Pgp,
    /// JWE around JWS.
    Jose,
}

/// What is bought, and how.
#[derive(Debug, Clone, Copy)]
pub struct Basket {
    /// How it is started.
    pub flow: Flow,
    /// How it is sealed.
    pub scheme: Scheme,
    /// `""`: chosen on our page.
    pub issuer: &'static str,
    /// In major units.
    pub amount: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
}

impl Basket {
    /// 120 rupees by Begin Redirect and OpenPGP, the issuer chosen on our page.
    pub const PLAIN: Self =
        Self { flow: Flow::Begin, scheme: Scheme::Pgp, issuer: "", amount: "120.00", currency: "INR" };

    /// An amount that every one of the twelve issuers takes.
    pub const FOR_ALL: Self = Self { amount: "20.00", currency: "EUR", ..Self::PLAIN };

    /// The same, the issuer chosen at the shop.
    pub const fn at(self, issuer: &'static str) -> Self {
        Self { issuer, ..self }
    }
}

/// A page, known by what only it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The shop.
    Shop,
    /// "Choose your bank or wallet".
    Choice,
    /// "Taking you to your bank".
    AtBank,
    /// "Your bank has not confirmed yet".
    NotConfirmed,
    /// Nothing of any transaction.
    Neutral,
    /// The bank, undecided.
    Bank,
    /// The shop's page of an order.
    Order,
}

impl Page {
    const fn mark(self) -> &'static str {
        match self {
            Self::Shop => "body.google #pay",
            Self::Choice => "main form[action*='/cancel?'] button, main .issuers",
            Self::AtBank => "main a.primary[href*='/authorize?']",
            Self::NotConfirmed => "main .facts ~ .actions a.primary",
            Self::Neutral => "main .hero ~ p.lead + p.note:last-child",
            Self::Bank => "body.issuer button[value='approve']",
            Self::Order => "body.google #c1",
        }
    }
}

/// Where C1, C2 and C3 stand on the shop's page.
const CHANNELS: [&str; 3] = ["#c1 .outcome", "#c2 .outcome", "#c3 .outcome"];
/// What the shop says of a channel that has said nothing.
pub const SILENCE: &str = "nothing yet";

impl Browser {
    /// Waits until this page stands, and answers its heading.
    pub async fn at(&self, page: Page) -> String {
        self.find(page.mark()).await;
        self.text("h1").await
    }

    /// Fills in the shop's form and presses "Pay".
    pub async fn buy(&self, basket: Basket) {
        self.open(self.sandbox.shop.as_str()).await;
        self.at(Page::Shop).await;
        self.fill("[name=amount]", basket.amount).await;
        self.select("[name=currency]", basket.currency).await;
        self.select("select[name=issuer]", basket.issuer).await;
        self.click(match basket.flow {
            Flow::Begin => "[name=flow][value=begin]",
            Flow::Generate => "[name=flow][value=generate]",
        })
        .await;
        self.click(match basket.scheme {
            Scheme::Pgp => "[name=piaid][value$=PGP]",
            Scheme::Jose => "[name=piaid][value$=JOSE]",
        })
        .await;
        self.follow("#pay").await;
    }

    /// Buys and is on our choice page. Answers the transaction's id.
    pub async fn buy_and_choose(&self, basket: Basket) -> String {
        self.buy(basket).await;
        self.at(Page::Choice).await;
        let url = self.url().await;
        assert_eq!(url.origin(), self.sandbox.server.origin(), "{url}");
        url.path().strip_prefix("/pay/").expect("a pay link").to_owned()
    }

    /// Presses an issuer's button on the choice page.
    pub async fn choose(&self, issuer: &str) {
        self.follow(&format!("form[action*='/choose?'] button[name=issuer][value={issuer}]")).await;
    }

    /// Waits for this issuer's page. Answers the transaction's id.
    pub async fn at_bank(&self, issuer: &str) -> String {
        self.at(Page::Bank).await;
        let url = self.url().await;
        assert_eq!(url.origin(), self.sandbox.issuers.origin(), "{url}");
        assert!(url.path().starts_with(&format!("/{issuer}/")), "{url}");
        let id = url.query_pairs().find(|(name, _)| name == "transactionId");
        id.expect("an authorize link names the transaction").1.into_owned()
    }

    /// Presses a button of the bank's page by its value: `approve`, `decline:risk`, …
    pub async fn decide(&self, action: &str) {
        self.follow(&format!("button[name=action][value='{action}']")).await;
    }

    /// Waits for the shop's page of the order.
    pub async fn home(&self) {
        self.at(Page::Order).await;
        let url = self.url().await;
        assert_eq!(url.origin(), self.sandbox.shop.origin(), "{url}");
    }

    /// What the three channels said last.
    pub async fn channels(&self) -> [String; 3] {
        let [c1, c2, c3] = CHANNELS;
        [self.text(c1).await, self.text(c2).await, self.text(c3).await]
    }

    /// Asks for the status. Answers what C3 says now.
    pub async fn poll(&self) -> String {
        // On a busy machine the shop may have given up waiting: whoever wants to know asks again.
        for _ in 0..3 {
            self.follow("#poll").await;
            if self.text("#last .status").await != "no answer" {
                break;
            }
        }
        assert_eq!(self.text("#last .status").await, "200");
        self.text(CHANNELS[2]).await
    }

    /// At home with this outcome on C1; C2 follows, and a poll says the same.
    pub async fn agrees(&self, outcome: &str) {
        self.home().await;
        let [returned, _, _] = self.channels().await;
        assert_eq!(returned, outcome, "C1");
        self.eventually("C2", async || {
            let [_, notified, _] = self.channels().await;
            (notified != SILENCE).then(|| assert_eq!(notified, outcome, "C2"))
        })
        .await;
        assert_eq!(self.poll().await, outcome, "C3");
        assert_eq!(self.text("#agreement").await, format!("3 channels agree: {outcome}."));
    }

    /// How often the browser came back to the shop with a verified answer, and how many notifications arrived.
    pub async fn arrivals(&self) -> (usize, usize) {
        let between = |from: &str, to: &str| {
            format!("//p[preceding-sibling::h3[@id='{from}'] and following-sibling::h3[@id='{to}']]")
        };
        let count = async |xpath: String| self.chrome().find_all(Locator::XPath(&xpath)).await.unwrap().len();
        (count(between("c1", "c2")).await, count(between("c2", "c3")).await)
    }

    /// Whether this issuer was ever asked to take this payment.
    pub async fn knows(&self, issuer: &str, transaction: &str) -> bool {
        self.open(self.sandbox.issuers.join(&format!("{issuer}/payments/{transaction}")).unwrap()).await;
        let known = self.text("h1").await != "Not found";
        // The stand-in's 404 stands in the browser's log.
        let complaints = self.complaints().await;
        assert!(complaints.len() == usize::from(!known), "{complaints:?}");
        known
    }
}
