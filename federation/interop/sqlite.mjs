// Stands in for the npm package sqlite3, which is built in C, with the SQLite that
// comes with Node.js. To be imported before what uses Sequelize, which asks for it.
import { registerHooks } from "node:module";
import { DatabaseSync } from "node:sqlite";

registerHooks({
  resolve: (name, context, next) =>
    name === "sqlite3" ? { url: import.meta.url, format: "module", shortCircuit: true } : next(name, context),
});

/** Database answers in callbacks, with what changed as their this. */
class Database {
  #db;

  constructor(filename, _mode, opened) {
    this.filename = filename;
    this.#db = new DatabaseSync(filename);
    setImmediate(opened, null);
  }

  all(sql, ...more) {
    const done = typeof more.at(-1) === "function" ? more.pop() : () => {};
    try {
      const statement = this.#db.prepare(sql);
      const reads = statement.columns().length > 0;
      const result = reads ? statement.all(...(more[0] ?? [])) : statement.run(...(more[0] ?? []));
      const rows = reads ? result.map((row) => ({ ...row })) : [];
      setImmediate(() => done.call({ lastID: Number(result.lastInsertRowid), changes: Number(result.changes) }, null, rows));
    } catch (error) {
      setImmediate(() => done.call({}, error));
    }
  }

  run(...query) {
    this.all(...query);
  }

  serialize(queries) {
    queries();
  }

  close(closed) {
    this.#db.close();
    setImmediate(closed, null);
  }
}

// What Sequelize reads of the package.
export { Database };
export const OPEN_READWRITE = 2;
export const OPEN_CREATE = 4;
