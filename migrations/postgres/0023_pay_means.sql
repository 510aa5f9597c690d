-- How pay is handed over: cash or mobile money. NULL: agreed before this was asked, or not said.
ALTER TABLE hiring ADD COLUMN pay_means TEXT COLLATE "C" CHECK (pay_means = 'cash' OR pay_means = 'momo');
