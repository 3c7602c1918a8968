// Tokenises files with the grammar the way VS Code does, and compares with what was seen and found right before.
// `UPDATE=1 npm test` refreshes the snapshots.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const grammarPath = join(here, "../syntaxes/wflow.tmLanguage.json");
const wasm = readFileSync(join(here, "../node_modules/vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(grammarPath, "utf8"), grammarPath),
});
const grammar = await registry.loadGrammar("source.wflow");

/** Lines of `{ text, tokens: [{ text, scopes }], depth }`; `depth` is the number of open rules after the line. */
function tokenise(source) {
  let stack = textmate.INITIAL;
  return source.split("\n").map((text) => {
    const result = grammar.tokenizeLine(text, stack);
    stack = result.ruleStack;
    const tokens = result.tokens.map((t) => ({ text: text.slice(t.startIndex, t.endIndex), scopes: t.scopes.slice(1) }));
    return { text, tokens, depth: stack.depth };
  });
}

/** Scopes that say little: most tokens of a file have one of them. */
const plain = /^(punctuation|comment|string\.quoted|keyword\.operator\.(?!word)|variable\.other$|variable\.other\.property)/;

/**
 * For each line its tokens with their innermost scope, without the `.wflow` at its end. In full with the line itself,
 * or only what a reader could get wrong.
 */
function describe(lines, full) {
  const out = [];
  for (const line of lines) {
    const tokens = line.tokens
      .filter((t) => t.text.trim() !== "")
      .map((t) => ({ text: t.text.trim(), scope: (t.scopes.at(-1) ?? "-").replace(/\.wflow$/, "") }))
      .filter((t) => full || !plain.test(t.scope))
      .map((t) => `${t.text} ‹${t.scope}›`);
    if (tokens.length === 0) continue;
    if (full) out.push(`> ${line.text}`);
    out.push(tokens.join("  "));
  }
  return out.join("\n") + "\n";
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((e) => (e.isDirectory() ? filesUnder(join(folder, e.name)) : [join(folder, e.name)]))
    .filter((path) => path.endsWith(".wflow"))
    .sort();
}

const files = [join(here, "torture.wflow"), ...filesUnder(join(root, "examples")), ...filesUnder(join(root, "stdlib"))];

for (const path of files) {
  const name = basename(path, ".wflow");
  const inLibrary = path.startsWith(join(root, "stdlib"));
  const lines = tokenise(readFileSync(path, "utf8"));

  test(`${inLibrary ? "stdlib " : ""}${name}: nothing is marked as illegal and every region ends`, () => {
    for (const [i, line] of lines.entries()) {
      for (const token of line.tokens) {
        const illegal = token.scopes.find((s) => s.startsWith("invalid"));
        assert.ok(!illegal, `${path}:${i + 1}: \`${token.text}\` is ${illegal}`);
      }
    }
    for (const [i, line] of lines.entries()) {
      if (/^(use|type|enum|const|agent|policy|fn|task|workflow|test)\b/.test(line.text)) {
        const before = i === 0 ? 1 : lines[i - 1].depth;
        assert.equal(before, 1, `${path}:${i + 1}: an item starts inside a region that is still open`);
      }
    }
  });

  test(`${inLibrary ? "stdlib " : ""}${name}: tokens as in the snapshot`, () => {
    const folder = join(here, "snapshots");
    const snapshot = join(folder, `${inLibrary ? "stdlib-" : ""}${name}.txt`);
    const got = describe(lines, name === "torture");
    if (process.env.UPDATE) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(snapshot, got);
    }
    assert.ok(existsSync(snapshot), `no snapshot ${snapshot}: look at the tokens, then UPDATE=1 npm test`);
    assert.equal(got, readFileSync(snapshot, "utf8"));
  });
}

/** What the grammar takes for a command: the tokens between two backticks. */
function* commands(lines) {
  let command;
  for (const [i, line] of lines.entries()) {
    for (const token of line.tokens) {
      const inside = token.scopes.some((s) => s.startsWith("string.interpolated.command"));
      if (inside && token.text === "`") {
        if (command) yield command;
        command = command ? undefined : { at: i + 1, tokens: [] };
      } else {
        command?.tokens.push(token);
      }
    }
  }
}

/** Commands and interpolations counted without the grammar: comments and what `split` would get wrong left aside. */
function counted(source) {
  const code = source.replace(/^\s*\/\/.*$/gm, "");
  const all = code.match(/(?<=\b(?:run|ran|allow|deny|reads|trusted|untrusted|before) )`[^`]*`/g) ?? [];
  let interpolations = 0;
  let depth = 0;
  for (const brace of all.join("").match(/(?<!\\)[{}]/g) ?? []) {
    if (brace === "{" && depth++ === 0) interpolations++;
    else if (brace === "}") depth--;
  }
  return { commands: all.length, interpolations };
}

for (const path of [
  ...files,
  ...filesUnder(join(root, "tests/check/ok")),
  ...filesUnder(join(root, "tests/syntax/ok")),
]) {
  const shown = path.slice(root.length + 1);
  const source = readFileSync(path, "utf8");
  const lines = tokenise(source);

  test(`${shown}: commands have programs, interpolations are expressions, nothing is illegal`, () => {
    const found = [...commands(lines)];
    const expected = counted(source);
    let interpolations = 0;
    for (const { at, tokens } of found) {
      const scopes = tokens.map((t) => t.scopes.join(" "));
      const program = /entity\.name\.function\.command|meta\.interpolation|constant\.character\.wildcard/;
      assert.ok(scopes.some((s) => program.test(s)), `${shown}:${at}: no program in ${tokens.map((t) => t.text).join("")}`);
      interpolations += scopes.filter((s) => /interpolation\.begin/.test(s) && !/quoted\.double\.wflow/.test(s)).length;
    }
    assert.ok(found.length >= expected.commands, `${shown}: ${found.length} of ${expected.commands} commands`);
    assert.ok(interpolations >= expected.interpolations, `${shown}: ${interpolations} of ${expected.interpolations} interpolations`);
    for (const [i, line] of lines.entries()) {
      for (const token of line.tokens) {
        const illegal = token.scopes.find((s) => s.startsWith("invalid"));
        assert.ok(!illegal, `${shown}:${i + 1}: \`${token.text}\` is ${illegal}`);
      }
    }
  });
}

/** Scopes of the first `word` on the first line that holds `marker` of a source text. */
function scopesOf(source, word, marker = word) {
  const line = tokenise(source).find((l) => l.text.includes(marker));
  assert.ok(line, `no line with ${marker}`);
  const token = line.tokens.find((t) => t.text.trim() === word);
  assert.ok(token, `no token \`${word}\` on: ${line.text} (${line.tokens.map((t) => t.text).join("·")})`);
  return token.scopes.join(" ");
}

const cases = [
  ["a clause word after run", "run `a` timeout 3m", "timeout", /keyword\.other\.clause/],
  ["the same word as a name", "let x = timeout + 3m", "timeout", /variable\.other\.wflow/],
  ["the same word as a field", "let x = { timeout: 3m }", "timeout", /variable\.other\.property/],
  ["the same word after a dot", "run `a` timeout x.timeout", "x", /variable\.other\.wflow/],
  ["a clause on its own line", "run `a`\n    retry 3", "retry", /keyword\.other\.clause/],
  ["a statement after a run", "run `a`\nretry(3)", "retry", /entity\.name\.function\.call/],
  ["show of a gate", 'gate g "?" by a show { b }', "show", /keyword\.other\.clause/],
  ["show as a variable", "let a = show", "show", /variable\.other\.wflow/],
  ["with of an ask", 'ask w "x" as T with { a }', "with", /keyword\.other\.clause/],
  ["a parameter named with", "fn f(with: Int) -> Int { with }", "with", /variable\.parameter/],
  ["env as a built-in", 'let a = env("HOME")', "env", /support\.function/],
  ["env as a clause", 'run `a` env { A: "b" }', "env", /keyword\.other\.clause/],
  ["the program of a command", "run `git log`", "git", /entity\.name\.function\.command/],
  ["a program on the next line", "run `\n    git\n        log\n`", "git", /entity\.name\.function\.command/],
  ["what stands below it", "run `\n    git\n        log\n`", "log", /^(?!.*function\.command).*interpolated\.command/],
  ["what follows such a command", "run `\n    git\n`\nlet b = 1", "b", /^variable\.other\.declaration/],
  ["an option", "run `git log --oneline`", "--oneline", /constant\.other\.option/],
  ["a pipe in a command", "run `a | b`", "|", /invalid\.illegal\.shell/],
  ["a star in a command", "run `ls *.rs`", "*", /invalid\.illegal\.shell/],
  ["a star in quotes", "run `ls '*.rs'`", "*.rs", /^(?!.*invalid).*string\.quoted\.single/],
  ["a star in a policy", "policy { allow `ls *` }", "*", /constant\.character\.wildcard/],
  ["a spread in a command", "run `ls {xs...}`", "...", /keyword\.operator\.spread/],
  ["an expression in a text", 'let a = "x {b + 1} y"', "+", /meta\.embedded.*keyword\.operator\.arithmetic/],
  ["a text in an expression in a text", 'let a = "x {b.join(", ")} y"', "join", /entity\.name\.function\.member/],
  ["after such a text", 'let a = "x {b.join(", ")} y" + c', "c", /^variable\.other\.wflow$/],
  ["braces in raw text", 'let a = r#"{b} " c"# + d', "d", /^variable\.other\.wflow$/],
  ["a brace in a text", 'let a = "\\{b}" + c', "c", /^variable\.other\.wflow$/],
  ["an unknown escape", 'let a = "\\q"', "\\q", /invalid\.illegal\.escape/],
  ["an unfinished text ends with its line", 'let a = "x {y\nlet b = 1', "b", /variable\.other\.declaration/, "let b"],
  ["a duration's unit", "wait 5m", "m", /keyword\.other\.unit\.duration/],
  ["a size", "let a = 5MiB", "5", /constant\.numeric\.size/],
  ["a regular expression", 'type V = Text where it matches r"^a+$"', "^", /string\.regexp/],
  ["a variant", "let a = .Low", "Low", /enummember/],
  ["a type of a module", "let a: m.Entry = b", "Entry", /entity\.name\.type/],
  ["a keyword as a field", "let a = b.step", "step", /variable\.other\.property/],
  ["a step's name", 'step tests "T" { 1 }', "tests", /entity\.name\.function\.step/],
  ["an error kind", "fail business \"no\"", "business", /error-kind/],
  ["given's answer", 'given gate g -> reject "no"', "reject", /keyword\.other\.test/],
  ["a doc comment", "/// a `b`", "`b`", /markup\.inline\.raw/],
  ["an attribute", "@allow(unused_value)", "unused_value", /variable\.other\.lint/],
];
for (const [name, source, word, scope, marker] of cases) {
  test(name, () => assert.match(scopesOf(source, word, marker ?? word), scope));
}

test("the extension's files are there and its patterns can be read", () => {
  const folder = join(here, "..");
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const [language] = manifest.contributes.languages;
  const [contributed] = manifest.contributes.grammars;
  assert.equal(contributed.scopeName, textmate.parseRawGrammar(readFileSync(grammarPath, "utf8"), grammarPath).scopeName);
  assert.ok(existsSync(join(folder, contributed.path)));
  const license = (folder) => readFileSync(join(folder, "LICENSE"), "utf8");
  assert.equal(license(folder), license(root), "a package of the extension carries the licence");
  const configuration = JSON.parse(readFileSync(join(folder, language.configuration), "utf8"));
  const { increaseIndentPattern, decreaseIndentPattern } = configuration.indentationRules;
  const enter = configuration.onEnterRules.flatMap((r) => [r.beforeText, r.afterText]).filter(Boolean);
  for (const pattern of [increaseIndentPattern, decreaseIndentPattern, configuration.wordPattern, ...enter]) {
    assert.ok(new RegExp(pattern));
  }
  assert.match('step tests "Run" {', new RegExp(increaseIndentPattern));
  assert.doesNotMatch("// a {", new RegExp(increaseIndentPattern));
  assert.match("    } undo {", new RegExp(decreaseIndentPattern));
});
