package booking

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// The roles of a row of the permission table, and what each is told without a booking, on an own and on another's one.
const (
	yes = Code("")
	no  = CodeForbidden
	not = CodeNotFound
)

// on is what one role is told: without a booking, on an own pending one, on another's pending one.
type on struct{ none, own, foreign Code }

// TestPermit holds Permit to CONTRACT's "Roles" for every action, and to having a row for every action there is.
func TestPermit(t *testing.T) {
	all, none := on{yes, yes, yes}, on{no, no, no}
	own := on{yes, yes, not}    // a customer's: whatever concerns another's booking is not found
	barred := on{no, no, not}   // a customer may not, and does not learn that another's booking exists
	one := on{no, yes, not}     // only on a booking of one's own
	unknown := on{no, not, not} // who has no role sees no booking
	table := map[Action]struct{ customer, staff, admin on }{
		ActCreate:        {own, all, all},
		ActRead:          {own, all, all},
		ActListOwn:       {own, all, all},
		ActListAll:       {barred, all, all},
		ActExport:        {barred, none, all},
		ActCancel:        {own, all, all},
		ActEdit:          {one, all, all},
		ActChange:        {barred, all, all},
		ActReopen:        {barred, none, all},
		ActMessage:       {own, all, all},
		ActMarkRead:      {own, all, all},
		ActType:          {own, all, all},
		ActStats:         {barred, none, all},
		ActListStaff:     {barred, all, all},
		ActManageUsers:   {barred, none, all},
		ActOwnAccount:    {own, all, all},
		ActSeeEveryone:   {barred, all, all},
		ActJoinStaffRoom: {barred, all, all},
		ActJoinAdminRoom: {barred, none, all},
	}
	for _, action := range actions(t) {
		row, ok := table[action]
		if !ok {
			t.Errorf("the table has no row for %q", action)
			continue
		}
		for _, tt := range []struct {
			name string
			who  Principal
			want on
		}{
			{"customer", by(Customer, olga), row.customer},
			{"staff", by(Staff, olga), row.staff},
			{"admin", by(Admin, olga), row.admin},
			{"no role", by("", olga), unknown},
			{"a role that does not exist", by("owner", olga), unknown},
			{"customer without id", by(Customer, ""), unknown},
			{"staff without id", by(Staff, ""), none},
			{"admin without id", by(Admin, ""), none},
		} {
			mine, other := booked(Pending, ""), booked(Pending, "")
			mine.CreatedBy, other.CreatedBy = tt.who.ID, carl
			t.Run(string(action)+" by "+tt.name, func(t *testing.T) {
				wantCode(t, Permit(tt.who, action, nil), tt.want.none)
				wantCode(t, Permit(tt.who, action, &mine), tt.want.own)
				wantCode(t, Permit(tt.who, action, &other), tt.want.foreign)
			})
		}
	}
	if len(table) != len(actions(t)) {
		t.Errorf("the table has %d rows for %d actions", len(table), len(actions(t)))
	}
}

// TestPermitEditByStatus: only a customer's right to edit depends on the status; nobody's else does on anything.
func TestPermitEditByStatus(t *testing.T) {
	for _, status := range Statuses() {
		for _, role := range Roles() {
			t.Run(string(status)+" by "+string(role), func(t *testing.T) {
				want := yes
				if role == Customer && status != Pending {
					want = no
				}
				b := booked(status, "")
				wantCode(t, Permit(by(role, olga), ActEdit, &b), want)
				if role.Works() {
					wantCode(t, Permit(by(role, sam), ActEdit, &b), yes)
				}
				for _, a := range []Action{ActRead, ActCancel, ActMessage, ActMarkRead, ActType} {
					wantCode(t, Permit(by(role, olga), a, &b), yes)
				}
			})
		}
	}
}

// TestPermitUnknownAction: what is not in the list is nobody's.
func TestPermitUnknownAction(t *testing.T) {
	for _, role := range Roles() {
		wantCode(t, Permit(by(role, olga), "sell the shop", nil), no)
	}
}

// actions lists the Action constants of permission.go, so that a new one without a row is noticed.
func actions(tb testing.TB) []Action {
	tb.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "permission.go", nil, 0)
	if err != nil {
		tb.Fatal(err)
	}
	var found []Action
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			values, _ := spec.(*ast.ValueSpec)
			if kind, ok := values.Type.(*ast.Ident); !ok || kind.Name != "Action" {
				tb.Fatalf("permission.go has a constant that is no Action: %v", values.Names)
			}
			for _, value := range values.Values {
				text, ok := value.(*ast.BasicLit)
				if !ok {
					tb.Fatalf("%v is not a literal", values.Names)
				}
				action, err := strconv.Unquote(text.Value)
				if err != nil {
					tb.Fatal(err)
				}
				found = append(found, Action(action))
			}
		}
	}
	if len(found) < 2 || !slices.Contains(found, ActCreate) || !slices.Contains(found, ActJoinAdminRoom) {
		tb.Fatalf("permission.go was misread: %v", found)
	}
	return found
}

func TestCanSee(t *testing.T) {
	assigned := booked(Scheduled, carl)
	orphan := booked(Pending, "")
	orphan.CreatedBy = ""
	for _, tt := range []struct {
		name string
		who  Principal
		b    Booking
		want bool
	}{
		{"owner", by(Customer, olga), booked(Pending, ""), true},
		{"owner of a closed one", by(Customer, olga), booked(Completed, ""), true},
		{"another customer", by(Customer, carl), booked(Pending, ""), false},
		{"an assignee who is a customer by now", by(Customer, carl), assigned, false},
		{"staff", by(Staff, sam), booked(Cancelled, ""), true},
		{"admin", by(Admin, ada), booked(Pending, ""), true},
		{"owner without a role", by("", olga), booked(Pending, ""), false},
		{"customer without id, booking without owner", by(Customer, ""), orphan, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := CanSee(tt.who, tt.b); got != tt.want {
				t.Errorf("CanSee = %v", got)
			}
		})
	}
}

func TestRoomsOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		who  Principal
		want []string
	}{
		{"customer", by(Customer, olga), []string{olga}},
		{"staff", by(Staff, sam), []string{sam, "staff-room"}},
		{"admin", by(Admin, ada), []string{ada, "staff-room", "admin-room"}},
		{"a role that does not exist", by("root", ada), []string{ada}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := RoomsOf(tt.who); !slices.Equal(got, tt.want) {
				t.Errorf("RoomsOf = %q", got)
			}
		})
	}
}

func TestParticipants(t *testing.T) {
	for _, tt := range []struct {
		name             string
		assignee, except string
		want             []string
	}{
		{"nobody assigned", "", "", []string{olga}},
		{"nobody assigned, without the owner", "", olga, nil},
		{"assigned", sam, "", []string{olga, sam}},
		{"without the owner", sam, olga, []string{sam}},
		{"without the assignee", sam, sam, []string{olga}},
		{"without a third", sam, ada, []string{olga, sam}},
		{"the owner is the assignee", olga, "", []string{olga}},
		{"the owner is the assignee, and left out", olga, olga, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := booked(Scheduled, tt.assignee).Participants(tt.except); !slices.Equal(got, tt.want) {
				t.Errorf("Participants(%q) = %q, want %q", tt.except, got, tt.want)
			}
		})
	}
}

// TestAudienceRooms: a room that is addressed twice is named once, so that the store and the fan-out see it once. Rooms
// used to compare each user with the first one only, so that a user named second and third had two copies.
func TestAudienceRooms(t *testing.T) {
	for _, tt := range []struct {
		name string
		to   Audience
		want []string
	}{
		{"nobody", Audience{}, []string{}},
		{"one user", Audience{Users: []string{olga}}, []string{olga}},
		{"the same user twice", Audience{Users: []string{olga, olga}}, []string{olga}},
		{"no assignee", Audience{Users: []string{olga, ""}, Admins: true}, []string{olga, AdminRoom}},
		{"staff and admins", Audience{Users: []string{olga}, Staff: true, Admins: true}, []string{olga, StaffRoom, AdminRoom}},
		{"everyone", Audience{Users: []string{olga}, Staff: true, Everyone: true}, []string{EveryoneRoom}},
		{"three users, the last two the same", Audience{Users: []string{olga, sam, sam}}, []string{olga, sam}},
		{"nobody first, then the same twice", Audience{Users: []string{"", sam, sam}}, []string{sam}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.to.Rooms(); !slices.Equal(got, tt.want) {
				t.Errorf("Rooms = %q, want %q", got, tt.want)
			}
		})
	}
}
