//! CreateBooking with every kind of payment (google-booking-server section 6).

use serde_json::json;

use super::spa::{FULL_MICROS, Spa, Wanted, usd};

#[actix_web::test]
async fn bk_6_4_a_prepayment_is_charged_to_the_cent_before_the_answer_and_once() {
    let spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1")
        .stating("price", usd(200_000_000))
        .stating("tax_amount", usd(13_500_000));
    let first = spa.call("CreateBooking", &wanted.body()).await;
    let booking: serde_json::Value = serde_json::from_slice(&first.body).unwrap();
    let charges = spa.processor.owner.charges();
    assert_eq!(charges.len(), 1);
    assert_eq!((charges[0].amount, charges[0].currency.as_str()), (21_350, "usd"));
    assert_eq!(
        booking["booking"]["payment_information"],
        json!({
            "prepayment_status": "PREPAYMENT_PROVIDED",
            "payment_processed_by": "PROCESSED_BY_PARTNER",
            "payment_transaction_id": charges[0].intent,
            "price": usd(200_000_000),
            "tax_amount": usd(13_500_000),
        })
    );
    assert_eq!(spa.call("CreateBooking", &wanted.body()).await.body, first.body);
    assert_eq!(spa.processor.owner.charges().len(), 1);
    assert_eq!(spa.balance("processor_receivable").await, FULL_MICROS);
    assert_eq!(spa.balance("payable_to_merchant:spa-1").await, -FULL_MICROS);
}

#[actix_web::test]
async fn bk_7_7_a_slot_s_own_price_is_what_is_charged() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "full", 11, "tok_visa_1")).await;
    assert_eq!(booking["payment_information"]["price"], usd(150_000_000));
    assert_eq!(spa.processor.owner.charges()[0].amount, 16_012, "150 USD and 6.75 %, half to even: 10.125 is 10.12");
}

#[actix_web::test]
async fn bk_6_4_other_amounts_and_a_missing_token_charge_nothing() {
    let spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1").stating("price", usd(1));
    let answer = spa.ok("CreateBooking", &wanted.body()).await;
    assert_eq!(answer["booking_failure"]["cause"], "PAYMENT_ERROR");
    assert_eq!(answer["booking_failure"]["description"], "amount mismatch: price");
    assert_eq!(spa.cause(&Wanted::of("t-2", "full", 0)).await, "PAYMENT_ERROR");
    assert!(spa.processor.owner.charges().is_empty());
    assert_eq!(spa.open_spots("full", 0).await, 2);
}

#[actix_web::test]
async fn bk_6_9_what_the_processor_says_becomes_google_s_cause_and_the_spot_is_free_again() {
    let spa = Spa::open().await;
    for (card, cause) in [
        ("tok_chargeDeclined_1", "PAYMENT_ERROR_CARD_DECLINED"),
        ("tok_chargeDeclinedInsufficientFunds_1", "PAYMENT_ERROR_CARD_DECLINED"),
        ("tok_chargeDeclinedLostCard_1", "PAYMENT_ERROR_CARD_DECLINED"),
        ("tok_nobody_knows", "PAYMENT_ERROR"),
        ("no token at all", "PAYMENT_ERROR"),
        ("tok_amex_1", "PAYMENT_ERROR_CARD_TYPE_REJECTED"),
    ] {
        let answer = spa.ok("CreateBooking", &Wanted::paid(card, "full", 0, card).body()).await;
        assert_eq!(answer["booking_failure"]["cause"], cause, "{card}: {answer}");
        if cause == "PAYMENT_ERROR_CARD_TYPE_REJECTED" {
            assert_eq!(answer["booking_failure"]["rejected_card_type"], "AMERICAN_EXPRESS");
        }
        assert_eq!(spa.open_spots("full", 0).await, 2, "{card}");
    }
    assert!(spa.processor.owner.charges().is_empty());
    assert_eq!(spa.balance("").await, 0);
}

#[actix_web::test]
async fn bk_5_1_rule_4_a_declined_request_is_tried_again_and_may_succeed() {
    let spa = Spa::open().await;
    assert_eq!(spa.cause(&Wanted::paid("t-1", "full", 0, "tok_chargeDeclined_1")).await, "PAYMENT_ERROR_CARD_DECLINED");
    spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    assert_eq!(spa.processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_5_for_a_no_show_fee_the_card_is_kept_and_nothing_charged() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "fee", 0, "tok_visa_1")).await;
    let payment = &booking["payment_information"];
    assert_eq!(payment["prepayment_status"], "PREPAYMENT_PROVIDED");
    assert!(payment["payment_transaction_id"].as_str().unwrap().starts_with("seti_"));
    assert_eq!(payment["no_show_fee"], json!({"fee": usd(30_000_000), "fee_type": "FIXED_RATE_DEFAULT"}));
    assert!(spa.processor.owner.charges().is_empty());
    assert_eq!(spa.processor.owner.kept_cards().len(), 1);
}

#[actix_web::test]
async fn bk_6_6_a_deposit_is_charged_at_booking() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "deposit", 0, "tok_visa_1")).await;
    assert_eq!(
        booking["payment_information"]["deposit"],
        json!({
            "deposit": usd(25_000_000),
            "min_advance_cancellation_sec": "7200",
            "deposit_type": "FIXED_RATE_DEFAULT",
        })
    );
    assert_eq!(
        booking["payment_information"]["price"],
        usd(200_000_000),
        "the price of the service, not what was charged"
    );
    assert_eq!(spa.processor.owner.charges()[0].amount, 2_500);
    assert!(spa.processor.owner.kept_cards().is_empty());
}

#[actix_web::test]
async fn bk_6_2_deposit_and_fee_together_charge_one_and_keep_the_card_for_the_other() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "both", 0, "tok_visa_1")).await;
    let payment = &booking["payment_information"];
    assert!(payment.get("deposit").is_some() && payment.get("no_show_fee").is_some(), "{payment}");
    assert_eq!(spa.processor.owner.charges()[0].amount, 2_500);
    assert_eq!(spa.processor.owner.kept_cards().len(), 1);
}

#[actix_web::test]
async fn bk_6_6_a_later_deposit_is_charged_when_it_falls_due_and_google_is_told() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "later", 0, "tok_visa_1")).await;
    let id = booking["booking_id"].as_str().unwrap();
    assert!(spa.processor.owner.charges().is_empty());
    spa.pass_until(0, 86_400_000);
    let shown = spa.seen(id, "the deposit is charged", |shown| shown["charge"].is_object()).await;
    assert_eq!(spa.processor.owner.charges()[0].amount, 2_500);
    let told = spa.told(1).await;
    assert_eq!(told[0]["body"]["paymentInformation"]["prepaymentStatus"], "PREPAYMENT_PROVIDED");
    assert_eq!(told[0]["body"]["paymentInformation"]["paymentTransactionId"], shown["charge"]["id"]);
}

#[actix_web::test]
async fn bk_6_7_a_required_card_is_kept_and_the_answer_is_that_of_an_unpaid_booking() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "card", 0, "tok_visa_1")).await;
    assert_eq!(booking["payment_information"]["prepayment_status"], "PREPAYMENT_NOT_PROVIDED");
    assert!(booking["payment_information"].get("payment_transaction_id").is_none());
    assert_eq!(spa.processor.owner.kept_cards().len(), 1);
    assert_eq!(spa.cause(&Wanted::of("t-2", "card", 1)).await, "PAYMENT_ERROR");
}

#[actix_web::test]
async fn bk_3_14_a_pack_is_bought_used_and_given_a_visit_back() {
    let spa = Spa::open().await;
    let buying = Wanted::paid("t-1", "class", 0, "tok_visa_1").stating("payment_option_id", json!("pack-5"));
    let bought = spa.ok("CreateBooking", &buying.body()).await;
    assert!(bought.get("booking_failure").is_none(), "{bought}");
    let pack = &bought["user_payment_option"];
    assert_eq!((pack["original_count"].as_i64(), pack["current_count"].as_i64()), (Some(5), Some(4)));
    assert_eq!(spa.processor.owner.charges()[0].amount, 10_000, "100 USD, and a tax rate of nothing");
    let id = pack["user_payment_option_id"].clone();
    let using = Wanted::of("t-2", "class", 1).stating("user_payment_option_id", id.clone());
    let used = spa.ok("CreateBooking", &using.body()).await;
    assert_eq!(used["user_payment_option"]["current_count"], 3, "{used}");
    assert_eq!(used["booking"]["payment_information"]["user_payment_option_id"], id);
    assert_eq!(spa.processor.owner.charges().len(), 1);
    let another = Wanted::of("t-3", "class", 2).by("u-9").stating("user_payment_option_id", id.clone());
    assert_eq!(spa.cause(&another).await, "PAYMENT_OPTION_NOT_VALID", "it is another user's");
    let booking_id = used["booking"]["booking_id"].clone();
    let cancelled =
        spa.ok("UpdateBooking", &json!({"booking": {"booking_id": booking_id, "status": "CANCELED"}})).await;
    assert_eq!(cancelled["user_payment_option"]["current_count"], 4);
    for number in 2..6 {
        let using =
            Wanted::of(&format!("t-use-{number}"), "class", number).stating("user_payment_option_id", id.clone());
        let used = spa.ok("CreateBooking", &using.body()).await;
        assert_eq!(used["user_payment_option"]["current_count"], 5 - number, "{used}");
    }
    let empty = Wanted::of("t-empty", "class", 7).stating("user_payment_option_id", id);
    assert_eq!(spa.cause(&empty).await, "PAYMENT_OPTION_NOT_VALID");
}

#[actix_web::test]
async fn bk_6_8_a_challenge_is_answered_and_the_retry_books_with_or_without_the_same_token() {
    let spa = Spa::open().await;
    for (number, retry_token) in [(0, "t-0"), (1, "t-other")] {
        let card = format!("tok_threeDSecureRequired_{number}");
        let wanted = Wanted::paid(&format!("t-{number}"), "full", number, &card);
        let answer = spa.ok("CreateBooking", &wanted.body()).await;
        let failure = &answer["booking_failure"];
        assert_eq!(failure["cause"], "PAYMENT_REQUIRES_3DS1", "{answer}");
        let challenge = &failure["payment_failure"]["threeds1_parameters"];
        assert!(challenge["acs_url"].as_str().unwrap().starts_with("http"));
        assert_eq!(spa.open_spots("full", number).await, 2, "the spot is free while the payer is away");
        spa.processor.owner.challenge(challenge["transaction_id"].as_str().unwrap(), true).unwrap();
        let mut retry = Wanted { token: retry_token.to_owned(), ..wanted };
        retry = retry
            .stating("pa_response", json!("proof"))
            .stating("md_merchant_data", challenge["md_merchant_data"].clone());
        let booking = spa.book(&retry).await;
        assert_eq!(booking["status"], "CONFIRMED");
        assert!(!booking.to_string().contains("proof"));
        assert_eq!(spa.processor.owner.charges().len() as i64, number + 1);
    }
}

#[actix_web::test]
async fn bk_6_8_a_challenge_whose_answer_was_lost_is_given_again_and_its_token_is_not_asked_for_twice() {
    let spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_threeDSecureRequired_1");
    let first = spa.call("CreateBooking", &wanted.body()).await;
    let again = spa.call("CreateBooking", &wanted.body()).await;
    assert_eq!((first.status, &again.body), (200, &first.body), "{}", again.text());
    assert_eq!(spa.processor.owner.requests("POST /v1/payment_intents").len(), 1);
    let answer: serde_json::Value = serde_json::from_slice(&again.body).unwrap();
    let challenge = &answer["booking_failure"]["payment_failure"]["threeds1_parameters"];
    spa.processor.owner.challenge(challenge["transaction_id"].as_str().unwrap(), true).unwrap();
    let retry = wanted
        .stating("pa_response", json!("proof"))
        .stating("md_merchant_data", challenge["md_merchant_data"].clone());
    spa.book(&retry).await;
    assert_eq!(spa.processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_8_what_3ds2_has_put_into_the_token_reaches_the_processor_untouched() {
    let spa = Spa::open().await;
    // The cryptogram is the processor's business: it stands in the token, or behind its id (contract section 6).
    let mut body = Wanted::paid("t-1", "full", 0, "tok_visa_3ds2").body();
    let token = json!({
        "id": "tok_visa_3ds2", "object": "token", "card": {"brand": "Visa", "three_d_secure": {"cryptogram": "AgAA", "eci": "05"}},
    });
    body["payment_processing_parameters"]["unparsed_payment_method_token"] = json!(token.to_string());
    let answer = spa.ok("CreateBooking", &body).await;
    assert_eq!(answer["booking"]["status"], "CONFIRMED", "{answer}");
    assert_eq!(spa.processor.owner.tokens(), ["tok_visa_3ds2"]);
    assert_eq!(spa.processor.owner.charges().len(), 1);
    assert!(!answer.to_string().contains("AgAA"), "nobody else hears of it: {answer}");
}

#[actix_web::test]
async fn bk_3_14_a_pack_that_is_paid_back_cannot_be_used_any_more() {
    let spa = Spa::open().await;
    let buying = Wanted::paid("t-1", "class", 0, "tok_visa_1").stating("payment_option_id", json!("pack-5"));
    let bought = spa.ok("CreateBooking", &buying.body()).await;
    let id = bought["user_payment_option"]["user_payment_option_id"].clone();
    let using = |number: i64| {
        Wanted::of(&format!("t-use-{number}"), "class", number).stating("user_payment_option_id", id.clone())
    };
    let used = spa.book(&using(1)).await;
    let refund = format!("bookings/{}/refund", bought["booking"]["booking_id"].as_str().unwrap());
    assert_eq!(spa.decide(&refund, &json!({"charge": 7})).await.status, 400);
    assert_eq!(spa.decide(&refund, &json!({"charge": "pi_of_somebody"})).await.status, 409);
    assert_eq!(spa.decide(&refund, &json!({})).await.status, 202);
    assert_eq!(spa.cause(&using(2)).await, "PAYMENT_OPTION_NOT_VALID");
    // A visit that is given back to it changes nothing.
    let cancelled = json!({"booking": {"booking_id": used["booking_id"], "status": "CANCELED"}});
    assert_eq!(spa.ok("UpdateBooking", &cancelled).await["booking"]["status"], "CANCELED");
    assert_eq!(spa.cause(&using(3)).await, "PAYMENT_OPTION_NOT_VALID");
    let owner = bought["booking"]["booking_id"].as_str().unwrap();
    spa.seen(owner, "it is paid back", |shown| shown["refunds"][0]["state"] == "done").await;
    assert_eq!(spa.balance("processor_receivable").await, 0);
}

#[actix_web::test]
async fn bk_3_4_an_asynchronous_slot_waits_for_the_merchant() {
    let spa = Spa::open().await;
    let mut wanted = Wanted::of("t-1", "async", 0);
    wanted.slot["confirmation_mode"] = json!("CONFIRMATION_MODE_ASYNCHRONOUS");
    let booking = spa.book(&wanted).await;
    assert_eq!(booking["status"], "PENDING_MERCHANT_CONFIRMATION");
    let id = booking["booking_id"].as_str().unwrap();
    assert_eq!(spa.decide(&format!("bookings/{id}/confirm"), &json!({})).await.status, 202);
    let told = spa.told(1).await;
    assert_eq!(told[0]["body"]["status"], "CONFIRMED");
    let mut wanted = Wanted::of("t-2", "async", 1);
    wanted.slot["confirmation_mode"] = json!("CONFIRMATION_MODE_ASYNCHRONOUS");
    let id = spa.book(&wanted).await["booking_id"].as_str().unwrap().to_owned();
    assert_eq!(spa.decide(&format!("bookings/{id}/decline"), &json!({})).await.status, 202);
    assert_eq!(spa.told(2).await[1]["body"]["status"], "DECLINED_BY_MERCHANT");
    assert_eq!(spa.open_spots("async", 1).await, 2);
}
