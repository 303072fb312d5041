// Package sqlite keeps the desk in one SQLite file: booking.Store without a database server.
package sqlite
