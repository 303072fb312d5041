package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kapoor.example/desk/booking"
)

const userColumns = `id, name, email, phone, role, active, rights, password_hash, created_at, updated_at`

func scanUser(scan scanner) (u booking.User, err error) {
	var rights, created, updated int64
	err = scan(&u.ID, &u.Name, &u.Email, &u.Phone, &u.Role, &u.Active, &rights, &u.PasswordHash, &created, &updated)
	u.Rights, u.CreatedAt, u.UpdatedAt = uint64(rights), booking.FromMillis(created), booking.FromMillis(updated)
	return u, err
}

// CreateUser implements booking.Users.
func (s *Store) CreateUser(ctx context.Context, u booking.User) error {
	return s.write(ctx, "create user", func(b *batch) error {
		if err := b.freeEmail(u); err != nil {
			return err
		}
		return b.exec(`INSERT INTO users (id, email_key, name_key, name, email, phone, role, active, rights, password_hash, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			u.ID, booking.EmailKey(u.Email), strings.ToLower(u.Name), u.Name, u.Email, u.Phone, u.Role, u.Active, u.Rights, u.PasswordHash,
			u.CreatedAt.UnixMilli(), u.UpdatedAt.UnixMilli())
	})
}

// freeEmail answers CodeEmailTaken when another account has the address.
func (b *batch) freeEmail(u booking.User) error {
	var other string
	taken, err := b.get(`SELECT id FROM users WHERE email_key = ?`, []any{booking.EmailKey(u.Email)}, &other)
	if err == nil && taken && other != u.ID {
		err = booking.Errorf(booking.CodeEmailTaken, "There is an account with this e-mail.")
	}
	return err
}

// User implements booking.Users.
func (s *Store) User(ctx context.Context, id string) (booking.User, error) {
	return s.oneUser(ctx, userByID, id)
}

// UserByEmail implements booking.Users.
func (s *Store) UserByEmail(ctx context.Context, email string) (booking.User, error) {
	return s.oneUser(ctx, `SELECT `+userColumns+` FROM users WHERE email_key = ?`, booking.EmailKey(email))
}

const userByID = `SELECT ` + userColumns + ` FROM users WHERE id = ?`

func (s *Store) oneUser(ctx context.Context, query, key string) (u booking.User, err error) {
	err = s.read(ctx, "load user", func(r *session) error {
		u, err = r.user(ctx, query, key)
		return err
	})
	return u, err
}

func (q *session) user(ctx context.Context, query, key string) (u booking.User, err error) {
	found := false
	err = q.each(ctx, query, []any{key}, func(scan scanner) error {
		found = true
		u, err = scanUser(scan)
		return err
	})
	if err == nil && !found {
		err = booking.Errorf(booking.CodeNotFound, "There is no such user.")
	}
	return u, err
}

// UpdateUser implements booking.Users.
func (s *Store) UpdateUser(ctx context.Context, id string, c booking.UserChange) (booking.User, error) {
	var changed booking.User
	err := s.write(ctx, "update user", func(b *batch) error {
		before, err := b.user(context.Background(), userByID, id)
		if err != nil {
			return err
		}
		after, revokes := c.ApplyTo(before)
		if err := b.freeEmail(after); err != nil {
			return err
		}
		if err := b.keepAdmin(before, after); err != nil {
			return err
		}
		err = b.exec(`UPDATE users SET email_key = ?, name_key = ?, name = ?, email = ?, phone = ?, role = ?, active = ?, rights = ?,
				password_hash = ?, updated_at = ? WHERE id = ?`,
			booking.EmailKey(after.Email), strings.ToLower(after.Name), after.Name, after.Email, after.Phone, after.Role, after.Active, after.Rights,
			after.PasswordHash, after.UpdatedAt.UnixMilli(), id)
		if err != nil {
			return err
		}
		changed = after
		if !revokes {
			return nil
		}
		return b.revoke(booking.Revocation{UserID: id, Rights: after.Rights})
	})
	if err != nil {
		return booking.User{}, err
	}
	return changed, nil
}

// keepAdmin answers CodeLastAdmin when a change takes away the last active admin.
func (b *batch) keepAdmin(before, after booking.User) error {
	governs := func(u booking.User) bool { return u.Role == booking.Admin && u.Active }
	if !governs(before) || governs(after) {
		return nil
	}
	var other string
	found, err := b.get(`SELECT id FROM users INDEXED BY users_role WHERE role = ? AND active = 1 AND id <> ? LIMIT 1`,
		[]any{booking.Admin, after.ID}, &other)
	if err == nil && !found {
		err = booking.Errorf(booking.CodeLastAdmin, "The desk needs an active admin.")
	}
	return err
}

// ListUsers implements booking.Users.
func (s *Store) ListUsers(ctx context.Context, q booking.UserQuery) (booking.UserPage, error) {
	page := booking.UserPage{Users: []booking.User{}}
	rows, total := listUsers(q)
	err := s.read(ctx, "list users", func(r *session) error {
		return r.snapshot(func() error {
			err := r.each(ctx, rows.query, rows.args, func(scan scanner) error {
				u, err := scanUser(scan)
				page.Users = append(page.Users, u)
				return err
			})
			if err != nil {
				return err
			}
			_, err = r.one(ctx, total.query, total.args, &page.Total)
			return err
		})
	})
	return page, err
}

// asked is a query with its arguments.
type asked struct {
	query string
	args  []any
}

// listUsers returns the queries of a page and of its total. Without a search the accounts of each role are read in order
// and merged; with one, those it finds are sorted.
func listUsers(q booking.UserQuery) (rows, total asked) {
	roles := booking.Roles()
	if len(q.Roles) > 0 {
		roles = slices.DeleteFunc(roles, func(r booking.Role) bool { return !slices.Contains(q.Roles, r) })
	}
	if len(roles) == 0 {
		roles = []booking.Role{""} // nobody has it
	}
	active := ""
	if q.ActiveOnly {
		active = " AND active = 1"
	}
	var arms string
	var args []any
	if prefix := strings.ToLower(strings.TrimSpace(q.Search)); prefix != "" {
		// No text begins with the prefix and is behind the prefix with the highest character.
		end := prefix + "\U0010ffff"
		arms = `SELECT id, name FROM users WHERE (name_key >= ? AND name_key < ? OR email_key >= ? AND email_key < ?) AND role IN (` +
			strings.TrimSuffix(strings.Repeat("?, ", len(roles)), ", ") + `)` + active
		args = []any{prefix, end, prefix, end}
		for _, role := range roles {
			args = append(args, role)
		}
	} else {
		for i, role := range roles {
			if i > 0 {
				arms += ` UNION ALL `
			}
			arms += `SELECT id, name FROM users INDEXED BY users_role WHERE role = ?` + active
			args = append(args, role)
		}
	}
	rows.query = `SELECT ` + userColumns + ` FROM (` + arms + ` ORDER BY name, id LIMIT ? OFFSET ?) CROSS JOIN users USING (id, name)`
	rows.args = append(append(rows.args, args...), booking.Size(q.Limit), min(max(q.Skip, 0), booking.MaxSkip))
	total.query = `SELECT count(*) FROM (` + arms + ` LIMIT ?)`
	total.args = append(append(total.args, args...), booking.CountCap)
	return rows, total
}

// revoke writes the log entry that ends tokens. It addresses no room: it is for the servers, not for clients.
func (b *batch) revoke(r booking.Revocation) error {
	if err := b.publish(booking.LogEntry{EventID: booking.NewID(b.now), Rooms: []string{}, Revocation: &r}); err != nil {
		return fmt.Errorf("revocation: %w", err)
	}
	return nil
}
