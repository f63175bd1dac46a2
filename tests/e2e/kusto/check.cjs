// node check.cjs FILE...: one line for each finding, against the tables of tables.json; exit code 1 when there is one.
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const folder = path.join(__dirname, "node_modules", "@kusto", "language-service-next");
for (const script of ["bridge.js", "Kusto.Language.Bridge.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(folder, script), "utf8"), { filename: script });
}
const { KustoCode, GlobalState, Symbols } = globalThis.Kusto.Language;

const declared = JSON.parse(fs.readFileSync(path.join(__dirname, "tables.json"), "utf8"));
const tables = Object.entries(declared).map(([name, columns]) => {
  const pairs = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
  return Symbols.TableSymbol.From(`(${pairs.join(", ")})`).WithName(name);
});
const database = new Symbols.DatabaseSymbol.$ctor2("workspace", null, tables);
const cluster = new Symbols.ClusterSymbol.$ctor1("azure", [database], false);
const state = GlobalState.Default.WithCluster(cluster).WithDatabase(database);

let findings = 0;
for (const file of process.argv.slice(2)) {
  const found = KustoCode.ParseAndAnalyze(fs.readFileSync(file, "utf8"), state).GetDiagnostics();
  for (let index = 0; index < found.Count; index++) {
    const { Severity, Code, Start, Message } = found.getItem(index);
    console.log(`${path.basename(file)}:${Start}: ${Severity} ${Code} ${Message}`);
    findings++;
  }
}
process.exit(findings ? 1 : 0);
