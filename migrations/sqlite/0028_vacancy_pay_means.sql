-- By what a vacancy and an offer pay: cash or mobile money. NULL: not said.
ALTER TABLE vacancy ADD COLUMN pay_means TEXT CHECK (pay_means = 'cash' OR pay_means = 'momo');
ALTER TABLE offer ADD COLUMN pay_means TEXT CHECK (pay_means = 'cash' OR pay_means = 'momo');
