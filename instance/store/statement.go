package store

import (
	"context"
	"database/sql/driver"

	"modernc.org/sqlite"
)

// keptStatements bounds the prepared statements that a connection keeps.
const keptStatements = 128

// connector opens connections to SQLite that keep their statements prepared: half of
// the time of a short query is spent on its text, and bun writes the values into it.
type connector struct {
	driver.Connector
	writes bool
}

func newConnector(dsn string, writes bool) (driver.Connector, error) {
	inner, err := sqlite.NewConnector(dsn)
	return connector{inner, writes}, err
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{sqliteConn: conn.(sqliteConn), writes: c.writes, kept: map[string]*statement{}}, nil
}

// sqliteConn is what a connection of the driver can do that database/sql knows of.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// connection is a connection that lifts the values out of the statements it is given
// (see lifter) and keeps those prepared.
type connection struct {
	sqliteConn
	writes bool
	lifter lifter
	kept   map[string]*statement // by their text
}

// statement is a prepared one. It cannot run again before its rows are closed.
type statement struct {
	sqliteStmt
	busy bool
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// ExecContext implements driver.ExecerContext.
func (c *connection) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	ctx, err := c.within(ctx)
	if err != nil {
		return nil, err
	}
	s, values, err := c.statement(ctx, query, args)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.ExecContext(ctx, values)
}

// QueryContext implements driver.QueryerContext.
func (c *connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx, err := c.within(ctx)
	if err != nil {
		return nil, err
	}
	s, values, err := c.statement(ctx, query, args)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, values)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &statementRows{rows, s}, nil
}

// within is the context that a statement runs in. One that writes is not interrupted:
// SQLite would undo the whole transaction, which others may share.
func (c *connection) within(ctx context.Context) (context.Context, error) {
	if c.writes {
		return context.WithoutCancel(ctx), ctx.Err()
	}
	return ctx, nil
}

// statement returns the prepared statement for a query and its values, or none when
// the query is to be run as it is.
func (c *connection) statement(ctx context.Context, query string, args []driver.NamedValue) (*statement, []driver.NamedValue, error) {
	if len(args) > 0 || !c.lifter.lift(query) {
		return nil, nil, nil
	}
	s, ok := c.kept[string(c.lifter.text)]
	if !ok {
		var err error
		if s, err = c.keep(ctx, string(c.lifter.text)); err != nil {
			return nil, nil, err
		}
	}
	if s.busy {
		return nil, nil, nil
	}
	return s, c.lifter.values, nil
}

// keep prepares a statement, which may take the place of any other.
func (c *connection) keep(ctx context.Context, text string) (*statement, error) {
	prepared, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	for other, s := range c.kept {
		if len(c.kept) < keptStatements {
			break
		}
		if !s.busy {
			delete(c.kept, other)
			_ = s.Close() // tells what failed last, again
		}
	}
	s := &statement{sqliteStmt: prepared.(sqliteStmt)}
	c.kept[text] = s
	return s, nil
}

// Close implements driver.Conn.
func (c *connection) Close() error {
	for _, s := range c.kept {
		_ = s.Close()
	}
	return c.sqliteConn.Close()
}

// statementRows are the rows of a kept statement.
type statementRows struct {
	driver.Rows
	of *statement
}

// Close implements driver.Rows.
func (r *statementRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
