//! Countries that a client can live in: code, name, calling code.

/// `(code, name, calling code)` of a country by its two letters.
pub(crate) fn country(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    COUNTRIES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(code)).copied()
}

/// In alphabetical order of code.
pub(crate) const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AE", "United Arab Emirates", "971"), ("AF", "Afghanistan", "93"), ("AL", "Albania", "355"), ("AM", "Armenia", "374"), ("AO", "Angola", "244"),
    ("AR", "Argentina", "54"), ("AT", "Austria", "43"), ("AU", "Australia", "61"), ("AZ", "Azerbaijan", "994"), ("BA", "Bosnia and Herzegovina", "387"),
    ("BD", "Bangladesh", "880"), ("BE", "Belgium", "32"), ("BF", "Burkina Faso", "226"), ("BG", "Bulgaria", "359"), ("BH", "Bahrain", "973"),
    ("BJ", "Benin", "229"), ("BO", "Bolivia", "591"), ("BR", "Brazil", "55"), ("BW", "Botswana", "267"), ("BY", "Belarus", "375"), ("CA", "Canada", "1"),
    ("CD", "DR Congo", "243"), ("CH", "Switzerland", "41"), ("CI", "Côte d’Ivoire", "225"), ("CL", "Chile", "56"), ("CM", "Cameroon", "237"),
    ("CN", "China", "86"), ("CO", "Colombia", "57"), ("CR", "Costa Rica", "506"), ("CU", "Cuba", "53"), ("CY", "Cyprus", "357"), ("CZ", "Czechia", "420"),
    ("DE", "Germany", "49"), ("DJ", "Djibouti", "253"), ("DK", "Denmark", "45"), ("DO", "Dominican Republic", "1"), ("DZ", "Algeria", "213"),
    ("EC", "Ecuador", "593"), ("EE", "Estonia", "372"), ("EG", "Egypt", "20"), ("ER", "Eritrea", "291"), ("ES", "Spain", "34"), ("ET", "Ethiopia", "251"),
    ("FI", "Finland", "358"), ("FR", "France", "33"), ("GB", "United Kingdom", "44"), ("GE", "Georgia", "995"), ("GH", "Ghana", "233"), ("GR", "Greece", "30"),
    ("GT", "Guatemala", "502"), ("HK", "Hong Kong", "852"), ("HN", "Honduras", "504"), ("HR", "Croatia", "385"), ("HU", "Hungary", "36"),
    ("ID", "Indonesia", "62"), ("IE", "Ireland", "353"), ("IL", "Israel", "972"), ("IN", "India", "91"), ("IQ", "Iraq", "964"), ("IR", "Iran", "98"),
    ("IS", "Iceland", "354"), ("IT", "Italy", "39"), ("JM", "Jamaica", "1"), ("JO", "Jordan", "962"), ("JP", "Japan", "81"), ("KE", "Kenya", "254"),
    ("KG", "Kyrgyzstan", "996"), ("KH", "Cambodia", "855"), ("KR", "South Korea", "82"), ("KW", "Kuwait", "965"), ("KZ", "Kazakhstan", "7"),
    ("LB", "Lebanon", "961"), ("LK", "Sri Lanka", "94"), ("LT", "Lithuania", "370"), ("LU", "Luxembourg", "352"), ("LV", "Latvia", "371"),
    ("LY", "Libya", "218"), ("MA", "Morocco", "212"), ("MD", "Moldova", "373"), ("ME", "Montenegro", "382"), ("MG", "Madagascar", "261"),
    ("MK", "North Macedonia", "389"), ("ML", "Mali", "223"), ("MM", "Myanmar", "95"), ("MR", "Mauritania", "222"), ("MT", "Malta", "356"),
    ("MU", "Mauritius", "230"), ("MX", "Mexico", "52"), ("MY", "Malaysia", "60"), ("MZ", "Mozambique", "258"), ("NA", "Namibia", "264"),
    ("NE", "Niger", "227"), ("NG", "Nigeria", "234"), ("NI", "Nicaragua", "505"), ("NL", "Netherlands", "31"), ("NO", "Norway", "47"), ("NP", "Nepal", "977"),
    ("NZ", "New Zealand", "64"), ("OM", "Oman", "968"), ("PA", "Panama", "507"), ("PE", "Peru", "51"), ("PH", "Philippines", "63"), ("PK", "Pakistan", "92"),
    ("PL", "Poland", "48"), ("PS", "Palestine", "970"), ("PT", "Portugal", "351"), ("PY", "Paraguay", "595"), ("QA", "Qatar", "974"), ("RO", "Romania", "40"),
    ("RS", "Serbia", "381"), ("RU", "Russia", "7"), ("RW", "Rwanda", "250"), ("SA", "Saudi Arabia", "966"), ("SD", "Sudan", "249"), ("SE", "Sweden", "46"),
    ("SG", "Singapore", "65"), ("SI", "Slovenia", "386"), ("SK", "Slovakia", "421"), ("SN", "Senegal", "221"), ("SO", "Somalia", "252"),
    ("SV", "El Salvador", "503"), ("SY", "Syria", "963"), ("TD", "Chad", "235"), ("TH", "Thailand", "66"), ("TJ", "Tajikistan", "992"),
    ("TM", "Turkmenistan", "993"), ("TN", "Tunisia", "216"), ("TR", "Türkiye", "90"), ("TW", "Taiwan", "886"), ("TZ", "Tanzania", "255"),
    ("UA", "Ukraine", "380"), ("UG", "Uganda", "256"), ("US", "United States", "1"), ("UY", "Uruguay", "598"), ("UZ", "Uzbekistan", "998"),
    ("VE", "Venezuela", "58"), ("VN", "Vietnam", "84"), ("YE", "Yemen", "967"), ("ZA", "South Africa", "27"), ("ZM", "Zambia", "260"), ("ZW", "Zimbabwe", "263"),
];
