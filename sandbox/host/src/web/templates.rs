//! The pages' templates, built into the program.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use minijinja::{AutoEscape, Environment, Error, Output, State, Value};
use rust_embed::RustEmbed;

use crate::amount::Amount;

pub(crate) struct Templates(Environment<'static>);

impl Templates {
    pub fn new() -> Result<Self, Error> {
        let mut environment = Environment::new();
        for name in Files::iter().filter(|name| name.ends_with(".html")) {
            if let Some(file) = Files::get(&name) {
                environment.add_template_owned(
                    name.into_owned(),
                    String::from_utf8_lossy(&file.data).into_owned(),
                )?;
            }
        }
        environment.set_formatter(write);
        environment.add_filter("money", money);
        environment.add_filter("t", translate);
        Ok(Self(environment))
    }

    pub fn render(&self, name: &str, vars: &serde_json::Value) -> Result<String, Error> {
        self.0
            .get_template(name)?
            .render(Value::from_serialize(vars))
    }
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Templates")
    }
}

pub(super) async fn style() -> Response {
    let css = Files::get("style.css")
        .map(|file| file.data.into_owned())
        .unwrap_or_default();
    (
        [
            (CONTENT_TYPE, "text/css; charset=utf-8"),
            (CACHE_CONTROL, "max-age=60"),
        ],
        css,
    )
        .into_response()
}

#[derive(RustEmbed)]
#[folder = "src/templates"]
struct Files;

/// Escapes what HTML needs; the engine's own way would also write every slash of an address as an entity.
fn write(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let text = match value.as_str() {
        Some(text) if state.auto_escape() == AutoEscape::Html && !value.is_safe() => text,
        _ => return minijinja::escape_formatter(out, state, value),
    };
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    out.write_str(&escaped).map_err(Error::from)
}

/// `12.5|money(currency)` → `$12.50 USD`
fn money(amount: &Value, currency: &Value) -> String {
    let text = amount.to_string();
    let amount = Amount::parse(&text).map_or(text, |amount| amount.to_string());
    let part = |name: &str| {
        currency
            .get_attr(name)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    format!("{}{amount}{}", part("prefix"), part("suffix"))
}

/// The few words of the frame that the host itself says, in the visitor's language.
fn translate(text: &str, language: &str) -> String {
    if language != "arabic" {
        return text.to_owned();
    }
    ARABIC
        .iter()
        .find(|(english, _)| *english == text)
        .map_or(text, |(_, arabic)| arabic)
        .to_owned()
}

const ARABIC: &[(&str, &str)] = &[
    ("Shop", "المتجر"),
    ("Cart", "السلة"),
    ("Client area", "منطقة العملاء"),
    ("Services", "الخدمات"),
    ("Domains", "النطاقات"),
    ("Invoices", "الفواتير"),
    ("My details", "بياناتي"),
    ("Log in", "تسجيل الدخول"),
    ("Log out", "تسجيل الخروج"),
    ("Register", "إنشاء حساب"),
    ("Invoice", "فاتورة"),
    ("Balance", "المتبقي"),
    ("Total", "الإجمالي"),
    ("Credit", "الرصيد"),
    ("Payment method", "طريقة الدفع"),
    ("Nameservers", "خوادم الأسماء"),
    ("Status", "الحالة"),
    ("Staff", "الإدارة"),
    ("Skip to the content", "إلى المحتوى"),
    (
        "a WHMCS-compatible sandbox host. Nothing here is sold, registered or paid for.",
        "موقع تجريبي متوافق مع WHMCS. لا بيع هنا ولا تسجيل ولا دفع.",
    ),
    ("Hello", "مرحبا"),
    ("Unpaid invoices", "فواتير غير مدفوعة"),
    ("To be paid", "للسداد"),
    ("All invoices", "كل الفواتير"),
    ("Invoiced to", "فاتورة إلى"),
    ("Date", "التاريخ"),
    ("Due", "تاريخ الاستحقاق"),
    ("Description", "الوصف"),
    ("Amount", "المبلغ"),
    ("Subtotal", "المجموع"),
    ("Tax", "الضريبة"),
    ("Choose", "اختيار"),
    ("Apply credit", "استخدام الرصيد"),
    ("Amount of credit to use", "المبلغ المستخدم من الرصيد"),
    ("Transactions", "العمليات"),
    ("Method", "الطريقة"),
    ("Number", "الرقم"),
    ("Overview", "نظرة عامة"),
    ("Details", "التفاصيل"),
    ("Ordered", "تاريخ الطلب"),
    ("Registered", "تاريخ التسجيل"),
    ("Expires", "تاريخ الانتهاء"),
    ("Next due", "الاستحقاق القادم"),
    ("At the registry", "لدى السجل"),
    ("Transfer lock", "قفل النقل"),
    (
        "Use the default nameservers",
        "استخدام خوادم الأسماء الافتراضية",
    ),
    ("Use these", "استخدام هذه الخوادم"),
    ("Change nameservers", "تغيير خوادم الأسماء"),
    ("Price", "السعر"),
    ("Username", "اسم المستخدم"),
    ("Usage", "الاستخدام"),
    ("Disk", "المساحة"),
    ("Bandwidth", "النقل"),
    ("Upgrade", "ترقية"),
    ("Change password", "تغيير كلمة المرور"),
    ("New password", "كلمة المرور الجديدة"),
    ("Once more", "مرة أخرى"),
    ("Service", "الخدمة"),
    ("Domain", "النطاق"),
    ("Name", "الاسم"),
    ("E-mail address", "البريد الإلكتروني"),
    ("Phone", "الهاتف"),
    ("Address", "العنوان"),
    ("Language", "اللغة"),
    ("Save", "حفظ"),
    ("Item", "المنتج"),
    ("Term", "المدة"),
    ("Remove", "حذف"),
    ("Total due today", "المستحق اليوم"),
    ("Checkout", "إتمام الطلب"),
    ("Continue shopping", "متابعة التسوق"),
    ("Active", "نشط"),
    ("Pending", "قيد الانتظار"),
    ("Suspended", "موقوف"),
    ("Terminated", "منته"),
    ("Cancelled", "ملغى"),
    ("Paid", "مدفوعة"),
    ("Unpaid", "غير مدفوعة"),
];
