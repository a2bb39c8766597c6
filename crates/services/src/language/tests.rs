use super::*;

const SITESHIELD: &str = include_str!("../../../../data/connectors/siteshield.toml");

fn siteshield(change: impl Fn(String) -> String) -> Result<Connector, ConnectorError> {
    parse("siteshield.toml", &change(SITESHIELD.to_owned()), None)
}

#[test]
fn the_connector_that_comes_with_wharf_is_right() {
    let connector = siteshield(|text| text).unwrap();
    assert_eq!(connector.title, "SiteShield");
    assert_eq!(connector.steps(&Action::Create).len(), 3);
    assert!(connector.notes.is_empty(), "{:?}", connector.notes);
    assert_eq!(connector.options[0].title.in_language("de"), "Tarif");
    assert_eq!(connector.options[0].title.in_language("sv"), "Plan");
}

#[test]
fn a_mistake_is_named_with_file_line_and_key() {
    let cases: &[(&str, &str)] = &[
        ("{{ values.group }}", "{{ values.groups }}"),
        ("{{ account.group }}", "{{ account.groups }}"),
        ("list = \"$.data\" }\npath", "list = \"data\" }\npath"),
        ("method = \"DELETE\"", "method = \"REMOVE\""),
        ("same = { plan", "same = { level"),
        ("{{ user.id }}\", domain", "{{ licence.id }}\", domain"),
        ("path = \"/account\"", "path = \"account\""),
        ("name = \"licence\"", "name = \"account\""),
        ("name = \"licence\"", "name = \"user\""),
        ("[account]", "[accounting]"),
        ("kind = \"bearer\"", "kind = \"none\""),
        ("{{ licence.key }}", "{{ licence.key"),
        ("ar = \"الخطة\"", "sv = \"Plan\""),
        ("deadline = { read = 10", "deadline = { read = \"soon\""),
        ("base = \"/api/v1\"", "base = \"/api/../v1\""),
        ("undo = {", "undo = { method = \"GET\","),
    ];
    let texts: Vec<String> = cases
        .iter()
        .map(|(from, to)| {
            siteshield(|text| {
                assert!(text.contains(from), "{from}");
                text.replacen(from, to, 1)
            })
            .unwrap_err()
            .to_string()
            .replace("the connector file siteshield.toml is wrong in ", "")
        })
        .map(|text| text.chars().take(150).collect())
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    line 73, at "create[1].body.group_id": "values.groups" is not known here; known are: values.group
    line 20, at "values.group": "account.groups" is not known here; known are: account.group, account.id, account.name
    line 37, at "create[0].find.list": at position 0, parser error
    line 102: unknown variant `REMOVE`, expected one of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`
    line 68, at "create[1].find.same.level": the step keeps no "level"
    line 66, at "create[1].find.query.user_id": "licence.id" is not known here; known are: account, client, domain, fields, options, password, reason, sec
    line 14, at "account.path": it must begin with one "/"
    line 77, at "create[2].name": this name has a meaning of its own
    line 77, at "create[2].name": there are two of this name
    line 13: unknown field `accounting`, expected one of `name`, `title`, `supplier`, `account`, `values`, `options`, `service`, `create`, `suspend`, `uns
    line 8: unknown variant `none`, expected one of `bearer`, `basic`, `header`, `hmac`, `oauth`
    line 115, at "properties.License Key": syntax error: unexpected end of input, expected end of variable block
    line 24, at "options[0].title.sv": use en, ar, de or fr
    line 9: invalid type: string "soon", expected u64
    line 7, at "supplier.base": it is no plain path
    line 60, at "create[1].undo.method": a read takes nothing back
    "#);
}

#[test]
fn what_a_person_will_have_to_do_is_noted() {
    let connector = siteshield(|text| {
        text.replace(
            "find = { path = \"/services/{{ service.id }}/licences\", list = \"$.data\" }\n",
            "",
        )
    })
    .unwrap();
    assert_eq!(
        connector.notes,
        [
            "create: the step \"licence\" has no \"find\" and may not be repeated: after a lost answer a person must look"
        ]
    );
}

#[test]
fn answers_that_cannot_be_are_mistakes() {
    let why = |answers: &str| {
        let wrong = siteshield(|text| {
            text.replacen(
                "answers = { already = [\"email_taken\"] }",
                &format!("answers = {answers}"),
                1,
            )
        });
        wrong.unwrap_err().to_string()
    };
    insta::assert_snapshot!(
        why("{ done = [\"malformed 200\"] }"),
        @r#"the connector file siteshield.toml is wrong in line 41, at "create[0].answers.done": a malformed answer does not tell that"#
    );
    insta::assert_snapshot!(
        why("{ later = [\"malformed twice\"] }"),
        @r#"the connector file siteshield.toml is wrong in line 41, at "create[0].answers.later": say "malformed 200" or "malformed 2xx""#
    );
}

#[test]
fn every_key_is_in_the_schema_that_is_checked_in() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../data/connectors/schema.json"
    );
    let now = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("WHARF_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let checked_in = std::fs::read_to_string(path).unwrap();
    assert!(
        checked_in == now,
        "the file format changed: run WHARF_WRITE_SCHEMA=1 cargo nextest run -p wharf-services schema"
    );
}
