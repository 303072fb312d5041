// What is pictured: for each person the states of the app, each with the way to it from the one before.

const dialog = (page) => page.getByRole('dialog').last(); // inside what holds it
const button = (page, name) => page.getByRole('button', { name }).filter({ visible: true }).first();

const at = (path) => (page, desk) => page.goto(desk.url + path);

// asks opens a dialog with a button of the screen, and shuts the one before.
const asks = (name) => async (page) => {
  if ((await page.getByRole('dialog').count()) > 0) {
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('[role=dialog]') === null);
  }
  await button(page, name).click();
  await dialog(page).waitFor();
};

const booking = (list) => async (page, desk) => {
  await page.goto(desk.url + list);
  await page.getByRole('link', { name: /^Open booking/ }).first().click();
  await page.getByTestId('message').first().waitFor();
};

async function nothingFound(page) {
  await page.getByRole('textbox', { name: 'Search' }).fill('harmonium');
  await page.getByText('Nothing found').waitFor();
}

async function offline(page, desk) {
  await page.goto(desk.url);
  await page.getByTestId('booking').first().waitFor();
  await page.context().setOffline(true);
  await page.getByTestId('offline').filter({ visible: true }).first().waitFor();
}

async function waiting(page) {
  await button(page, 'New booking').click();
  for (const [name, value] of Object.entries({ Brand: 'Sony', Model: 'Bravia 9', Phone: '+91 98200 00000', Address: '12 Hill Road, Bandra, Mumbai' })) {
    await page.getByRole('textbox', { name, exact: true }).fill(value);
  }
  await button(page, 'Book').click();
  await page.getByTestId('waiting').filter({ visible: true }).first().scrollIntoViewIfNeeded();
}

async function failed(page, desk) {
  await page.route('**/api/v1/bookings?**', (route) => route.fulfill({ status: 500, json: { success: false, code: 'internal', message: 'Something went wrong.', requestId: 'r1' } }));
  await page.goto(`${desk.url}/all`);
  await button(page, 'Try again').waitFor();
  await page.unroute('**/api/v1/bookings?**');
}

async function wrong(page) {
  await button(page, /^(Create account|Book)$/).click();
  await page.getByText('Please fill this in.').first().waitFor();
}

async function person(page, desk) {
  await page.goto(`${desk.url}/people`);
  await page.getByTestId('person').filter({ hasText: 'staff@example.com' }).click();
  await page.getByTestId('standing').waitFor();
}

// screens are by who looks at them. Newcomers have nothing yet.
export const screens = {
  nobody: { 'sign-in': at('/sign-in'), 'sign-up': at('/sign-up'), 'sign-up-wrong': wrong },
  newcomer: { 'bookings-empty': at('/bookings'), 'notifications-empty': at('/notifications') },
  customer: {
    bookings: at('/bookings'),
    'nothing-found': nothingFound,
    new: at('/new'),
    'new-wrong': wrong,
    notifications: at('/notifications'),
    profile: at('/profile'),
    'sign-out-dialog': asks('Sign out'),
    booking: booking('/bookings'),
    'cancel-dialog': asks('Cancel booking'),
    offline,
    waiting,
  },
  newstaff: { 'jobs-empty': at('/jobs'), 'notifications-empty': at('/notifications') },
  staff: {
    jobs: at('/jobs'),
    all: at('/all'),
    'filters-dialog': asks('Filters'),
    booking: booking('/all'),
    'status-dialog': asks('Set to Completed'),
    'assign-dialog': asks('Assign'),
    'reschedule-dialog': asks('Reschedule'),
    'edit-dialog': asks('Change details'),
  },
  admin: {
    dashboard: at('/dashboard'),
    all: at('/all'),
    'all-failed': failed,
    people: at('/people'),
    'new-person': at('/people/new'),
    person,
    'deactivate-dialog': asks('Deactivate'),
    booking: booking('/all'),
  },
};
