//! A generated program in which everything has to be proved.

use std::fmt::Write as _;

/// A task asks two gates, guards five commands, has a hundred statements, and calls the task before it.
pub fn program(tasks: usize) -> String {
    let mut out = String::from(
        r#"type Name = Text where it.len <= 20 and it matches r"^[a-z]+$"
type Plan { name: Name, count: Int where it >= 0, note: Text }
agent helper { system: "You plan." }
policy {
    allow `look *`, write "out/**"
    reads `look *`
"#,
    );
    let mut add = |text: std::fmt::Arguments<'_>| {
        // Writing into a String does not fail.
        let _ = out.write_fmt(text);
    };
    for gate in 0..2 * tasks {
        add(format_args!("    allow `publish{gate} *` after gate g{gate}\n"));
    }
    add(format_args!("}}\n"));
    for task in 0..tasks {
        add(format_args!(
            "task t{task}(name: Text, n: Int) -> Text {{\n    var all = name\n    let plan = ask helper \"What?\" as Plan \
             with {{ name }}\n        otherwise Plan(name: \"a\", count: 1, note: \"n\")\n"
        ));
        for gate in [2 * task, 2 * task + 1] {
            for i in 0..20 {
                add(format_args!(
                    "    let v{gate}_{i} = run `look {{plan.name}} {{n}}` as Text\n    \
                     if v{gate}_{i}.len > n {{ all = \"{{all}} {{name}}\" }}\n"
                ));
            }
            add(format_args!("    gate g{gate} \"Go on with {{name}}?\" show {{ plan }}\n"));
            for _ in 0..2 + gate % 2 {
                add(format_args!("    run `publish{gate} {{plan.note}} {{name}} {{plan.count}}`\n"));
            }
            add(format_args!(
                "    for i in 0..3 {{ all = all + \"{{i}}\" }}\n    write(\"out/{{plan.name}}.txt\", plan.note)\n"
            ));
        }
        if task > 0 {
            add(format_args!("    t{}(name, n)\n", task - 1));
        }
        add(format_args!("    all\n}}\n"));
    }
    add(format_args!("workflow main(name: Text) {{ t{}(name, 1) }}\n", tasks - 1));
    out
}
