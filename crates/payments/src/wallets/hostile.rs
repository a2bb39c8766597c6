//! Messages that almost are receipts, or say more than one thing: nothing of them may be taken for other money.

use super::{Doubt, Kind, Reading, Wallets};

const G3: &str = "تم استلام مبلغ 502.50 جنيه من 01098765432؛\nالمسجل بإسم منى\nعلى رقم محفظتك 01012345678 بتاريخ 14:25 26-09-03.\nرصيدك الحالي: 1540.75 جنيه\nرقم العملية: 023123456789";
const AT: &str = "2026-09-03T14:26:09+03:00";

fn read_at(sender: &str, text: &str, at: &str) -> Option<Reading> {
    let wallets = Wallets::load(None).unwrap();
    wallets.read(sender, text, at.parse().unwrap()).reading
}

fn read(sender: &str, text: &str) -> Option<Reading> {
    read_at(sender, text, AT)
}

#[test]
fn a_receipt_of_a_new_form_is_no_noise() {
    for (sender, text) in [
        (
            "bKash",
            "You have received Tk 2,000.00 from 01712345678. Ref hosting. Fee Tk 0.00. Balance Tk 3,117.78. TrxID CJU0PZQ3A6 at 31/10/2026 09:59. Never share your PIN/OTP with anyone",
        ),
        (
            "bKash",
            "You have received Tk 2,000.00 from 01712345678. Ref special. offer. Fee Tk 0.00. Balance Tk 3,117.78. TrxID CJU0PZQ3A6 at 31/10/2026 09:59",
        ),
        (
            "bKash",
            "You have received Tk 10.00 from 01712345678. Ref a. Tk 5000 is reversed TrxID CJU0PZQ3A6. Fee Tk 0.00. Balance Tk 3,127.78. TrxID CJV2ABQ3B6 at 31/10/2026 09:59",
        ),
        (
            "NBE",
            "تم إضافة تحويل لحظي لحسابكم رقم 0130 بمبلغ 3000.00 جم من TAREK SAAD رقم مرجعي 863419222333 يوم 04-15 الساعة 12:02 للمزيد اتصل بـ 19623 لا تفصح عن الرقم السري لأحد",
        ),
        (
            "VM-HDFCBK",
            "Credit Alert!\nRs.500.00 credited to HDFC Bank A/c XX1234 on 05-09-26 from VPA a.b@okx (UPI 512345222334). Never share OTP",
        ),
        (
            "VF-Cash",
            "تم استلام 502.50 جنيه من 01098765432 (منى ع). رصيدك الحالي: 1540.75 جنيه. رقم العملية: 023123456789. لا تشارك الرقم السري المؤقت مع أحد",
        ),
        (
            "VF-Cash",
            "تم استلام مبلغ: 500 جنيه من 01098765432. رقم العملية 023123456789. لا تفصح عن رمز التحقق",
        ),
        (
            "VF-Cash",
            "EGP 500 received from 01098765432. Transaction ID: 023123456789. Never share your OTP",
        ),
        (
            "VF-Cash",
            "تم سحب 7000.0 ج بنجاح من فودافون كاش 03-09-26 10:34\nتم استلام 502.50 جنيه من 01098765432 (منى). رصيدك الحالي: 1540.75 جنيه. رقم العملية: 023123456789",
        ),
        (
            "NBE",
            "تمت إضافة تحويل لحظي لحسابكم رقم 0130 بمبلغ 3000.00 جم من TAREK رقم مرجعي 863419222333 يوم 09-03 الساعة 12:02. لا تفصح عن الرقم السري لأحد",
        ),
        (
            "Orange Cash",
            "تم إيداع مبلغ 640.43 جنيه في محفظتك. رصيدك الحالي 651.86 جنيه. لا تفصح عن رمز التحقق",
        ),
        (
            "bKash",
            "You have received remittance of Tk 2,000.00 from WORLDREMIT. Bonus Tk 50.00. Balance Tk 3,117.78. TrxID CJU0PZQ3A6 at 03/09/2026 09:59",
        ),
        (
            "e& money",
            "تم استلام مبلغ 100 ج.م من رقم 01063334445 بنجاح.\nتم تحويل مبلغ 40.00 ج.م الى رقم 01007778889 بنجاح.\nرسوم التحويل 1.00  جنيه.\nرصيد محفظتك الحالى 388.90",
        ),
        (
            "e& money",
            "رصيد محفظتك الحالى 429.90 ج.م. تم إستلام مبلغ 200.00 ج.م من 01063334445 (NADIA)",
        ),
    ] {
        assert_eq!(read(sender, text), None, "{sender}: {text}");
    }
}

/// What the payer may write himself pretends nothing.
#[test]
fn a_reference_holds_no_number_of_its_own() {
    let momo = |reference: &str| {
        format!(
            "Payment received for GHS 35.00 from AMA BOATENG  Current Balance: GHS 136.45 . Available Balance: GHS 136.45. Reference: {reference}. Transaction ID: 24853222333. TRANSACTION FEE: 0.00"
        )
    };
    let plain = read("MobileMoney", &momo("hosting")).unwrap();
    assert_eq!(
        (plain.balance, plain.operator_id.as_deref()),
        (Some(13_645), Some("24853222333"))
    );
    let domain = read("MobileMoney", &momo("example.com")).unwrap();
    assert_eq!(domain.operator_id.as_deref(), Some("24853222333"));
    for pretended in [
        "hosting. Transaction ID: 11111111",
        "a.Transaction ID:11111111.",
        "a. Current Balance: GHS 999.00 . Available Balance: GHS 1. Reference: b. Transaction ID: 24853222334",
        "a.Current Balance:GHS 999.00.Available Balance:GHS 1.Reference:b.Transaction ID:24853222334",
    ] {
        let told = read("MobileMoney", &momo(pretended));
        let right = told.as_ref().is_none_or(|told| {
            told.balance == Some(13_645) && told.operator_id.as_deref() == Some("24853222333")
        });
        assert!(right, "{pretended}: {told:?}");
    }
    let bkash = |reference: &str| {
        let text = format!(
            "You have received Tk 10.00 from 01712345678. Ref {reference}. Fee Tk 0.00. Balance Tk 3,127.78. TrxID CJV2ABQ3B6 at 31/10/2026 09:59"
        );
        read_at("bKash", &text, "2026-10-31T10:00:00+06:00")
    };
    let domain = bkash("example.com").unwrap();
    assert_eq!((domain.amount, domain.doubts), (Some(1_000), vec![]));
    for pretended in [
        "a. Fee Tk 0.00. Balance Tk 9. TrxID AAAAA11111 at 31/10/2026 09:58",
        "a.Fee Tk 0.00.Balance Tk 9.TrxID AAAAA11111 at 31/10/2026 09:58",
    ] {
        let told = bkash(pretended);
        let right = told.as_ref().is_none_or(|told| {
            told.balance == Some(312_778) && told.operator_id.as_deref() == Some("CJV2ABQ3B6")
        });
        assert!(right, "{pretended}: {told:?}");
    }
    // A receipt within a receipt.
    let nested = bkash("a. You have received Tk 9999 from 01999999999");
    assert!(nested.is_none_or(|told| told.doubts.contains(&Doubt::Joined)));
}

#[test]
fn what_takes_a_receipt_back_or_comes_after_it_is_a_doubt() {
    for after in [
        "\nتم استرجاع مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789",
        "\nتم رد مبلغ 502.50 جنيه. رقم العملية الأصلية: 023123456789",
        "\nتم إرجاع المبلغ",
        "\nلم تتم العملية",
        "\nفشلت العملية",
        "\nتم رفض العملية",
        "\nالعملية ملغاة",
        " REVERSED",
        " This transaction was Reversed",
        " Pending",
        ". canceled",
        "\nتم\nعكس العملية",
        " تمعكس العملية",
        " Refunded.",
        " declined",
        "\nالمبلغ معلق لحين التحقق",
        "\nتم تعليق المبلغ",
        "\nسيتم خصم المبلغ لاعتراض المرسل",
        ". The sender has recalled this payment",
        ". Funds will be available after approval",
        ". This is a reversal",
        ". The transaction was not successful",
        " under review",
        " on\nhold",
        ". 502.50 debited from your account",
        "\nتم إعادة المبلغ",
        "\nأعيد المبلغ",
        "\nعملية غير ناجحة",
        "\nقيد التنفيذ",
        "\nتحت المراجعة",
        "\nالعملية مرفوضة",
        "\nولم يتم إضافة المبلغ إلى محفظتك",
        "\nتم خصم المبلغ مرة أخرى",
        "\nتم تجميد المبلغ",
        "\nتم إيقاف المبلغ",
        ". Rolled back",
        " (pending)",
        "\nvoid",
        ". This payment has been revoked",
        " Voided",
        " expired",
        ". This transfer has expired.",
        " not completed",
        "\nThis transaction was not completed",
        ". Not yet credited",
        " awaiting approval",
        ", awaiting confirmation",
        ". this is a test message",
        "\nالعملية لم تنجح",
        "\nلم ينفذ التحويل",
        " غير مكتملة",
        "\nتم الرفض",
        " مردودة",
        "\nالعملية مرتجعة",
        " مسترجعة",
        " فاشلة",
        "\nبانتظار الموافقة",
        " في انتظار التأكيد",
        "\nالعملية غير مقبولة",
        "\nانتهت صلاحية العملية",
        "\nالمبلغ المسترد",
        "\nلم يصل المبلغ",
        ". This payment is disputed",
        "\nتم تحويل 502.50 جنيه لرقم 01222233344 مصاريف الخدمة 1 جنيه رصيد حسابك فى فودافون كاش الحالي 71.31. تاريخ العملية: 14:30 26-09-03 رقم العملية: 023123456790",
    ] {
        let told = read("VF-Cash", &format!("{G3}{after}")).unwrap();
        assert_eq!(told.doubts, [Doubt::Joined], "{after}");
    }
    for harmless in [
        " . Track your spending in the app",
        "\nتم إلغاء رسوم التحويل حتى الأحد",
        ". All fees cancelled until Sunday",
        ". For reversal dial *456#",
        "\nلا يمكن للمتصل بالخدمة استبدال النقاط",
        "\nكاش باك مسترد حتى 50%",
        "\nالعرض غير صالح مع عروض أخرى",
        "\nجرب الباقة مجانا، مثال: اتصل *9#",
    ] {
        let told = read("VF-Cash", &format!("{G3}{harmless}")).unwrap();
        assert_eq!(told.doubts, [], "{harmless}");
    }
    for between in ["\n", "؛ ", " - ", "، ", " | ", ": ", " و ", " فودافون كاش "] {
        let told = read("VF-Cash", &format!("{G3}{between}{G3}"));
        let held = told.is_none_or(|told| told.doubts == [Doubt::Joined]);
        assert!(held, "{between}");
    }
    let named = G3.replace("منى", "منى والعملية لم تنجح");
    let told = read("VF-Cash", &named);
    assert!(told.is_none_or(|told| told.doubts == [Doubt::Joined]));
    let cut = format!("{G3}\nتم استلام مبلغ 900 جنيه من 01511122233؛\nالمسجل بإسم هالة");
    assert_eq!(read("VF-Cash", &cut).unwrap().doubts, [Doubt::Joined]);

    let deposited =
        "تم إيداع مبلغ 350.00  في حسابك بنجاح من رقم حساب 00201012223334 المسجل باسم SHERIF ADEL";
    let plain = read("e& money", &format!("{deposited} \n استخدم e& money")).unwrap();
    assert_eq!(
        (plain.payer.as_deref(), plain.doubts),
        (Some("SHERIF ADEL"), vec![])
    );
    for after in [
        format!("\n{}", deposited.replace("350.00", "9,000.00")),
        "\nلم تتم العملية وتم عكس المبلغ".to_owned(),
        "\nتم عكس العملية ورد المبلغ للمرسل".to_owned(),
        " قيد المراجعة".to_owned(),
    ] {
        let told = read("e& money", &format!("{deposited}{after}")).unwrap();
        assert_eq!(told.doubts, [Doubt::Joined], "{after}");
    }
}

#[test]
fn a_name_swallows_no_other_part() {
    let lost_join = "تم استلام مبلغ 5000 جنيه من رقم 01098765432؛ المسجل بإسم منى تم استلام مبلغ 5 جنيه من رقم 01511122233؛ المسجل بإسم هالة فوزي. رصيدك الحالي 350.5 جنيه. تاريخ العملية 03-09-26 14:25 رقم العملية 023222333444";
    let told = read("VF-Cash", lost_join);
    assert!(
        told.as_ref()
            .is_none_or(|told| told.doubts == [Doubt::Joined]),
        "{told:?}"
    );
    for stop in [" ", ". ", "، ", "\n"] {
        let text = format!(
            "تم إستلام عملية تحويل أموال بمبلغ 150.00 جنيه من RANIA H Gamal، رصيدك الحالي 366.22 جنيه{stop}رقم المعاملة 1908222333"
        );
        let told = read("Orange Cash", &text).unwrap();
        assert_eq!(
            (told.payer.as_deref(), told.balance),
            (Some("RANIA H Gamal"), Some(36_622)),
            "{stop}"
        );
    }
    let long = G3.replace("منى", &"منى ".repeat(40));
    assert_eq!(read("VF-Cash", &long), None);
    let wallet = "تم استلام مبلغ 100 جنيه من رقم 01511122233 المسجل بإسم هالة على رقم محفظتك 01012345678، رصيدك الحالي 350.5 جنيه. تاريخ العملية 03-09-26 14:25 رقم العملية 023222333444";
    assert_eq!(
        read("VF-Cash", wallet),
        None,
        "whose wallet it is stands in it"
    );
}

#[test]
fn people_and_companies_may_be_called_as_they_like() {
    for name in [
        "Falcon Holding Co",
        "JACKSON HOLDINGS LTD",
        "شركة رصيد للمدفوعات",
        "NEW BALANCE SHOES",
        "O'Brien-Said ع. م***",
    ] {
        let told = read("VF-Cash", &G3.replace("منى", name)).unwrap();
        assert_eq!((told.payer.as_deref(), told.doubts), (Some(name), vec![]));
    }
    for name in [
        "Western Union",
        "Simon Otieno",
        "Vision Fund Kenya",
        "O'Brien Mc-Donald",
    ] {
        let text = format!(
            "TKI5XY12AB Confirmed. You have received Ksh5,000.00 from {name} on 3/9/26 at 10:30 AM New M-PESA balance is Ksh15,000.00."
        );
        let told = read("MPESA", &text).unwrap();
        assert_eq!((told.payer.as_deref(), told.doubts), (Some(name), vec![]));
    }
    let paid = "Payment Tk 150.00 to NEW BALANCE SHOES successful. Ref 12. Fee Tk 0.00. Balance Tk 4,053.15. TrxID CJV2ABQ3B4 at 03/09/2026 09:59";
    assert_eq!(read("bKash", paid).map(|told| told.kind), Some(Kind::Paid));
    let airtime =
        "تم دفع مبلغ 20 جنيه لشحن رصيد موبايل. رصيدك الحالي 860.15 رقم العملية 019777888999";
    assert_eq!(
        read("VF-Cash", airtime).and_then(|told| told.balance),
        Some(86_015)
    );
}

#[test]
fn a_number_is_never_cut() {
    for (sender, text) in [
        (
            "M-PESA",
            "ZA10DN636 Confirmed.\nYou have received Tsh50,000 from\nFADHILI KIMARO 255755123456\non 27/1/26 at 1:19 PM\nNew M-PESA balance is Tsh214,676Dial *150",
        ),
        (
            "MPESA",
            "TKI5XY12AB Confirmed. You have received Ksh5,000.00 from GRACE WANJIRU 254712345678 on 18/11/26 at 10:30 AM New M-PESA balance is Ksh15,000.50Trans",
        ),
        (
            "VF-Cash",
            "Sep 3, 2026 2:25:09 PM: Received EGP1,740.50 from 00201066677788 to Mobile Account Number 9911. Ref: 018444555666 Available Balance: 2,090.65EGP",
        ),
        (
            "Orange Cash",
            "Successful cash-in with amount EGP 640.43.\nYour current balance is EGP 1,651Transfer, pay",
        ),
        ("e& money", "رصيد محفظتك الحالى 1,388جنيه"),
    ] {
        let told = read(sender, text);
        let kept = told.as_ref().is_none_or(|told| told.balance.is_none());
        assert!(kept, "{sender}: {told:?}");
    }
    // A phone where the amount should be.
    let phone = read("VF-Cash", &G3.replace("502.50", "01098765432")).unwrap();
    assert_eq!((phone.amount, phone.doubts), (None, vec![Doubt::Amount]));
}

#[test]
fn an_account_is_no_phone_and_a_word_no_number() {
    let from = |payer: &str| {
        let text = format!(
            "TKI5XY12AB Confirmed. You have received Ksh5,000.00 from {payer} on 18/11/26 at 10:30 AM New M-PESA balance is Ksh15,000.00."
        );
        read_at("MPESA", &text, "2026-11-18T10:31:00+03:00").unwrap()
    };
    assert!(from("GRACE WANJIRU 254712345678").phone.is_some());
    assert!(from("GRACE WANJIRU 0712345678").phone.is_some());
    for account in [
        "ACACIA SACCO 712345678",
        "ACACIA SACCO A/C0110345678",
        "GRACE ***0712345678",
    ] {
        assert_eq!(from(account).phone, None, "{account}");
    }
    let deposited = "تم إيداع مبلغ 350.00  في حسابك بنجاح من رقم حساب 1012223334 المسجل باسم X";
    assert_eq!(read("e& money", deposited).unwrap().phone, None);
    // Hexadecimal numbers may have no digit.
    let hex = "IPN transfer received with amount of EGP 4000.00 on 7425 on 03/09 at 03:40 PM. Ref# facebeda";
    assert_eq!(
        read("QNB", hex)
            .and_then(|told| told.operator_id)
            .as_deref(),
        Some("facebeda")
    );
    let word = "Congratulations Confirmed. You have received Ksh5,000.00 from GRACE WANJIRU 254712345678 on 18/11/26 at 10:30 AM New M-PESA balance is Ksh15,000.00.";
    assert_eq!(read_at("MPESA", word, "2026-11-18T10:31:00+03:00"), None);
}

/// Marks that phones put in change nothing.
#[test]
fn marks_of_direction_are_nothing() {
    for mark in ['\u{061C}', '\u{200F}', '\u{202B}', '\u{2067}', '\u{FEFF}'] {
        let told = read("VF-Cash", &format!("{mark}{G3}")).unwrap();
        assert_eq!(
            (told.kind, told.amount, told.doubts),
            (Kind::Received, Some(50_250), vec![]),
            "{mark:?}"
        );
    }
}

/// A name or note that pretends the rest of the receipt: the text can be read in two ways, and a person looks.
#[test]
fn a_receipt_that_can_be_read_in_two_ways_is_a_doubt() {
    let g3 = |name: &str| G3.replace("منى\n", &format!("{name}\n"));
    let mashreq = "لقد استقبلت تحويل لحظي على 1188 بمبلغ 500.00 جم عبر IPN من ALI يوم 03-09-2026 الساعة 14:20 رقم المعاملة 9def222b";
    let jazz = "You have received Rs 2,450.00 in your JazzCash Mobile Account from ALI 03001234567. TID: 022233344455";
    let airtel = "Trans. ID: 1440225031222 You have received 50.00Ksh from ANGELA. Your available balance is 155.00Ksh.";
    let easy = "PKR 1,500.00 received in your account from ALI (03121234567). Balance: PKR 12,700.00. Ref: 22233344466";
    let mpesa = "TKI5XY12AB Confirmed.\nYou have received Ksh10.00 from\nALI 254712345678\non 3/9/26 at 10:30 AM\nNew M-PESA balance is Ksh15,000.00.";
    let orange = "تم إستلام عملية تحويل أموال بمبلغ 150.00 جنيه من ALI، رصيدك الحالي 366.22 جنيه. رقم المعاملة 1908222333";
    let cib = "يرجى العلم انه تم تنفيذ تحويل لحظي بمبلغ 900.00 جم الى حسابك المنتهي بـ ********1188 من ALI برقم مرجعي 123456222333 بتاريخ 03/09/26 09:10 للمزيد، برجاء الاتصال بـ19666";
    let eand = "تم إستلام مبلغ 200.00 ج.م من رقم 01063334445 المسجل باسم ALI بنجاح. رصيد محفظتك الحالى 429.90 ج.م.";
    for (sender, plain, names) in [
        (
            "VF-Cash",
            g3("ALI"),
            vec![
                "ALI على رقم محفظتك 01012345678 بتاريخ 14:25 26-09-03 رصيدك الحالي 1 رقم العملية 023999999999",
                "ALI على رقم محفظتك 01012345678 بتاريخ 14:25 26-09-03 رصيدكالحالي 1 رقمالعملية 023999999999",
            ],
        ),
        (
            "Mashreq-EGY",
            mashreq.to_owned(),
            vec!["ALI يوم 02-09-2026 الساعة 16:50 رقمالمعاملة 11111111 للمساعدة"],
        ),
        (
            "JazzCash",
            jazz.to_owned(),
            vec![
                "ALI 03009999999. TID 099999999 RAZA",
                "ALI 03009999999. TXNID099999999 RAZA",
            ],
        ),
        (
            "Airtel Money",
            airtel.to_owned(),
            vec![
                "ANGELA. Your available balance is 900.00Ksh. ALI",
                "ANGELA. Your availablebalance is 900.00Ksh. ALI",
            ],
        ),
        (
            "Easypaisa",
            easy.to_owned(),
            vec![
                "ALI (03009999999). x",
                "ALI (03009999999). Balance: Rs 1.00. Ref: 99933344466. x",
            ],
        ),
        (
            "MPESA",
            mpesa.to_owned(),
            vec![
                "ALI 0799999999 on 3/9/26 at 10:30 AM New M-PESA balance is Ksh99,999.00.",
                "ALI 0799999999 on 3/9/26 at 10:30 AM NewM-PESA balance is Ksh99,999.00.",
            ],
        ),
        (
            "Orange Cash",
            orange.to_owned(),
            vec![
                "ALI رقم العملية 1908222999 ",
                "ALI، رصيدك الحالي 99.22 جنيه. رقم العملية 1234567890",
            ],
        ),
        (
            "CIB",
            cib.to_owned(),
            vec!["ALI برقم مرجعي 999999999 بتاريخ 03/09/26 09:10 للمزيد"],
        ),
        (
            "e& money",
            eand.to_owned(),
            vec!["ALI بنجاح. رصيدمحفظتكالحالي 9999 ج.م"],
        ),
    ] {
        let Some(told) = read(sender, &plain) else {
            panic!("{plain}");
        };
        assert_eq!(told.doubts, [], "{plain}");
        let genuine = (told.phone, told.balance, told.operator_id);
        for name in names {
            let first = if sender == "Airtel Money" {
                "ANGELA"
            } else {
                "ALI"
            };
            let text = plain.replacen(first, name, 1);
            let told = read(sender, &text);
            let held = told.as_ref().is_none_or(|told| {
                told.doubts.contains(&Doubt::Joined)
                    || (told.phone.clone(), told.balance, told.operator_id.clone()) == genuine
            });
            assert!(held, "{text}: {told:?}");
        }
    }
    // Of two forms of an operator's receipts either may be meant.
    let phone = "You have received Rs 3,200.00 in your Easypaisa account from ALI 03001234567. TRX 99999111222. TRX 44556222333.";
    assert_eq!(read("Easypaisa", phone).unwrap().doubts, [Doubt::Joined]);
    // What a customer of a host writes pretends nothing.
    for reference in ["balance", "add balance", "due balance Tk 500", "TrxID"] {
        let text = format!(
            "You have received Tk 10.00 from 01712345678. Ref {reference}. Fee Tk 0.00. Balance Tk 3,127.78. TrxID CJV2ABQ3B6 at 03/09/2026 14:20"
        );
        assert_eq!(read("bKash", &text).unwrap().doubts, [], "{reference}");
    }
    for after in [". Check your balance: dial *100#", ". Your balance is 5"] {
        assert_eq!(
            read("JazzCash", &format!("{jazz}{after}")).unwrap().doubts,
            []
        );
    }
}

#[test]
fn a_number_of_another_length_was_cut_or_has_something_stuck_to_it() {
    for number in ["0231234", "02312345678910 جنيه كاش باك"] {
        let odd = G3.replace("023123456789", number);
        assert_eq!(
            read("VF-Cash", &odd).unwrap().doubts,
            [Doubt::Number],
            "{number}"
        );
    }
}

/// Cut anywhere, a receipt is none or a doubt, where the length of its last part is known.
#[test]
fn what_is_cut_is_never_taken_as_it_stands() {
    let wallets = Wallets::load(None).unwrap();
    for (sender, at, text) in [
        (
            "QNB",
            "2026-08-04T19:16:00+03:00",
            "IPN transfer received with amount of EGP 1,250.75 on 7425 on 04/08 at 07:15 PM. Ref# 90ff1122",
        ),
        (
            "Mashreq-EGY",
            "2026-03-05T09:11:00+02:00",
            "لقد استقبلت تحويل لحظي على 7425 بمبلغ 5,000.00 جم عبر IPN من SARA LOTFY يوم 05-03-2026 الساعة 09:10 رقم المعاملة 9def222b",
        ),
        (
            "HSBC",
            "2026-06-11T01:02:00+03:00",
            "Your HSBC Account ********4471 was credited with IPN inward transfer for EGP 15.00 on 11-06-2026 01:01 from SARA LOTFY with reference 6d158fa0",
        ),
        (
            "Easypaisa",
            "2026-03-05T09:11:00+05:00",
            "You have received Rs 3,200.00 in your Easypaisa account from 03451234567. TRX 22233344455",
        ),
        (
            "MobileMoney",
            "2026-06-01T12:00:00Z",
            "You have received 20.00 GHS from AMA BOATENG (********456) on your mobile money account at 2026-06-01 11:59:00. Your new balance: 156.45 GHS. Transaction Id: 24853222334",
        ),
        (
            "MPESA",
            "2026-11-18T10:31:00+03:00",
            "TKI5XY12AB Confirmed. You have received Ksh5,000.00 from GRACE WANJIRU 254712345678 on 18/11/26 at 10:30 AM New M-PESA balance is Ksh15,000.00",
        ),
    ] {
        let read = |text: &str| wallets.read(sender, text, at.parse().unwrap()).reading;
        assert_eq!(read(text).unwrap().doubts, [], "{text}");
        for (end, _) in text.char_indices() {
            let cut = text.get(..end).unwrap();
            let read = read(cut).filter(|read| read.kind == Kind::Received);
            assert!(read.is_none_or(|read| !read.doubts.is_empty()), "{cut}");
        }
    }
}

#[test]
fn no_wallet_owes_money() {
    let owing = G3.replace("رصيدك الحالي: ", "رصيدك الحالي: -");
    assert_ne!(owing, G3);
    assert_eq!(read("VF-Cash", &owing).unwrap().doubts, [Doubt::Balance]);
}

/// At the end of summer time an hour comes twice: the one nearest to the arrival is meant.
#[test]
fn the_hour_that_comes_twice_is_the_one_of_the_arrival() {
    for (arrived, happened) in [
        ("2026-10-29T23:31:00+03:00", "2026-10-29T20:30:00Z"),
        ("2026-10-29T23:31:00+02:00", "2026-10-29T21:30:00Z"),
    ] {
        let text = G3.replace("14:25 26-09-03", "23:30 26-10-29");
        assert_ne!(text, G3);
        let told = read_at("VF-Cash", &text, arrived).unwrap();
        assert_eq!(told.happened_at, happened.parse().ok(), "{arrived}");
        assert_eq!(told.doubts, []);
    }
}

/// Where e& money's receipts of deposits print advertising behind the name.
#[test]
fn a_deposit_s_name_ends_where_advertising_begins() {
    let deposited =
        "تم إيداع مبلغ 350.00  في حسابك بنجاح من رقم حساب 00201012223334 المسجل باسم SHERIF ADEL";
    for after in [
        "",
        "\nاستخدم e& money هتكسب",
        " استخدم e& money هتكسب",
        " استخدم e& money و اكسب لما رصيدك الحالي 500 جنيه",
        ". حمل تطبيق e& money http://example.com/app",
        ". نزل الابلكيشن",
    ] {
        let told = read("e& money", &format!("{deposited}{after}")).unwrap();
        assert_eq!(
            (told.payer.as_deref(), told.balance, told.doubts),
            (Some("SHERIF ADEL"), None, vec![]),
            "{after}"
        );
    }
}
