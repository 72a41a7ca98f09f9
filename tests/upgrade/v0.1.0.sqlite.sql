BEGIN TRANSACTION;
CREATE TABLE account (
	id VARCHAR(36) NOT NULL, 
	provider_id VARCHAR(80) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	login VARCHAR(255) NOT NULL, 
	created_at DATETIME NOT NULL, 
	connected_at DATETIME NOT NULL, 
	disconnected_at DATETIME, 
	facts_read_at DATETIME, 
	trouble VARCHAR(40), 
	trouble_since DATETIME, 
	trouble_detail TEXT NOT NULL, 
	trouble_count INTEGER NOT NULL, 
	hold_until DATETIME, 
	CONSTRAINT pk_account PRIMARY KEY (id), 
	CONSTRAINT uq_account_provider_id UNIQUE (provider_id)
);
INSERT INTO "account" VALUES('49aededc-42dd-4994-8fe8-aef7b8238673','a07e1mplrye1','Maple & Rye Bakery','nora@mapleandrye.example','2026-11-21 22:39:46.107860','2026-11-21 22:39:46.107860',NULL,'2026-11-21 22:39:46.142955',NULL,NULL,'',0,NULL);
INSERT INTO "account" VALUES('8779a497-3c20-4a39-bc34-d14548491cbc','a07e1qtyoga2','Quiet Tide Yoga','priya@quiettide.example','2026-11-21 22:39:46.158592','2026-11-21 22:39:46.158592',NULL,'2026-11-21 22:39:46.186212',NULL,NULL,'',0,NULL);
CREATE TABLE account_field (
	id VARCHAR(36) NOT NULL, 
	account_id VARCHAR(36) NOT NULL, 
	custom_field_id VARCHAR(36) NOT NULL, 
	label VARCHAR(255) NOT NULL, 
	type VARCHAR(20) NOT NULL, 
	gone_at DATETIME, 
	CONSTRAINT pk_account_field PRIMARY KEY (id), 
	CONSTRAINT fk_account_field_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
);
INSERT INTO "account_field" VALUES('fb2ad09b-4966-44e6-baa7-571248b205be','49aededc-42dd-4994-8fe8-aef7b8238673','d291ccac-b0c3-53ec-817c-7952cd83da83','Nickname','string',NULL);
INSERT INTO "account_field" VALUES('e354f79d-19d0-470a-bdb5-0868d8fcb8ba','49aededc-42dd-4994-8fe8-aef7b8238673','89e66ad5-2bba-573a-8582-da957305a73e','Message','text_area',NULL);
INSERT INTO "account_field" VALUES('63cf74ce-3941-4596-825e-b3144bc9d2fd','49aededc-42dd-4994-8fe8-aef7b8238673','add6c84c-6790-5243-a5a9-24cc0d6e499f','Group size','number',NULL);
INSERT INTO "account_field" VALUES('9f5faa72-8c21-4aba-8872-faeb5be52ec2','49aededc-42dd-4994-8fe8-aef7b8238673','f49d2a41-00df-5ed7-a6bf-7c09d6474841','Last gift','currency',NULL);
INSERT INTO "account_field" VALUES('52528f29-5298-45c1-8e39-a2f47fff804e','49aededc-42dd-4994-8fe8-aef7b8238673','d67923cf-3852-51db-a90b-0d9fc9c11222','Member since','date',NULL);
INSERT INTO "account_field" VALUES('9371604e-6da5-486b-b942-267f488f7c7c','49aededc-42dd-4994-8fe8-aef7b8238673','ab74f843-2d24-5d40-8b85-99eea3df4693','Next visit','datetime',NULL);
INSERT INTO "account_field" VALUES('7a8cdca5-b627-4ded-bd8b-b1ce21dc083d','49aededc-42dd-4994-8fe8-aef7b8238673','bd201684-116a-5ee0-8e5d-65e84cb4e2f2','Accessible entrance','boolean',NULL);
INSERT INTO "account_field" VALUES('fd30c6d2-615c-4f39-a02c-93c8150e37f4','49aededc-42dd-4994-8fe8-aef7b8238673','0228ce20-9454-564f-940b-99560dd3f506','How did you hear about us','single_select',NULL);
INSERT INTO "account_field" VALUES('cb907efb-ca1c-430d-b3f7-9ff18b094fef','49aededc-42dd-4994-8fe8-aef7b8238673','1cd9e9b0-7082-516b-bcdf-5e82c541c463','Interests','multi_select',NULL);
INSERT INTO "account_field" VALUES('ecf2617a-6d7e-4e78-9d74-0f7718365db0','8779a497-3c20-4a39-bc34-d14548491cbc','4cc36b7e-98a4-5ec1-80e2-25547f76897b','Nickname','string',NULL);
INSERT INTO "account_field" VALUES('7a2d9db3-9159-4275-8860-8a1823498f1b','8779a497-3c20-4a39-bc34-d14548491cbc','e9490f2b-2959-5189-adce-a74fc90a3cb2','Message','text_area',NULL);
INSERT INTO "account_field" VALUES('346da960-9fe5-406f-b94c-09adadc1004b','8779a497-3c20-4a39-bc34-d14548491cbc','fd8bae90-2ca5-56ec-9413-7939c7e4cc6d','Group size','number',NULL);
INSERT INTO "account_field" VALUES('aac33e69-8669-40d9-aadd-8ca032003df4','8779a497-3c20-4a39-bc34-d14548491cbc','5f3e37a4-13dd-5c10-8a4f-8d43e6b7db24','Last gift','currency',NULL);
INSERT INTO "account_field" VALUES('89dda2f3-43b1-4fad-993f-6745d3ab1111','8779a497-3c20-4a39-bc34-d14548491cbc','75400310-837c-5a6a-bb89-75c744ebb650','Member since','date',NULL);
INSERT INTO "account_field" VALUES('5832aed8-a332-4f9d-a36a-269abbdbfac4','8779a497-3c20-4a39-bc34-d14548491cbc','5fa10130-d719-58e5-94b5-a069ed8a2627','Next visit','datetime',NULL);
INSERT INTO "account_field" VALUES('853f7e15-957a-42a0-b1da-3358213f8ae0','8779a497-3c20-4a39-bc34-d14548491cbc','4d74d1c5-5c63-55e2-9e79-e53e7b9cd0fd','Accessible entrance','boolean',NULL);
INSERT INTO "account_field" VALUES('c6dd220b-7238-4ac4-997b-ae7bd4cab893','8779a497-3c20-4a39-bc34-d14548491cbc','60cf0930-4545-5fc5-8304-860765ca7cf9','How did you hear about us','single_select',NULL);
INSERT INTO "account_field" VALUES('92e51b54-d4ed-4312-8d96-e9287287677f','8779a497-3c20-4a39-bc34-d14548491cbc','247df29c-60bf-57d8-931c-929486b1a8a1','Interests','multi_select',NULL);
CREATE TABLE account_list (
	id VARCHAR(36) NOT NULL, 
	account_id VARCHAR(36) NOT NULL, 
	list_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	gone_at DATETIME, 
	CONSTRAINT pk_account_list PRIMARY KEY (id), 
	CONSTRAINT fk_account_list_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
);
INSERT INTO "account_list" VALUES('79c71150-c590-4c28-8aec-bdb0639a4d00','49aededc-42dd-4994-8fe8-aef7b8238673','b98d61a1-0c20-52f1-94ec-c0a6a4a06599','Newsletter',NULL);
INSERT INTO "account_list" VALUES('2567b712-a5f5-4b57-bf58-a5dda2f1505a','49aededc-42dd-4994-8fe8-aef7b8238673','ce44ef2b-9e1a-55bf-b87d-9fd895eca523','Saturday Specials',NULL);
INSERT INTO "account_list" VALUES('47d57e99-1810-4ce5-9775-672e6bc42767','49aededc-42dd-4994-8fe8-aef7b8238673','ea656d3b-89de-5e8d-9e71-a99b20fc4084','Wholesale Customers',NULL);
INSERT INTO "account_list" VALUES('32ee4e6c-22d8-4a69-b859-a804db088a30','49aededc-42dd-4994-8fe8-aef7b8238673','ae58e7c3-4495-573a-881d-1f2310a9e7b2','Baking Classes',NULL);
INSERT INTO "account_list" VALUES('7075a0fd-805d-40db-b19e-4906c3e3afa1','8779a497-3c20-4a39-bc34-d14548491cbc','74fc564f-65cc-5077-b84e-75ba79b5d72b','Studio News',NULL);
INSERT INTO "account_list" VALUES('67de5a49-7a9d-4e98-8d73-69496f546113','8779a497-3c20-4a39-bc34-d14548491cbc','f67280be-9975-5a9f-b4cb-6b65b328772e','Morning Classes',NULL);
INSERT INTO "account_list" VALUES('e68c6ba6-2d73-4b7a-b431-2bd64917768f','8779a497-3c20-4a39-bc34-d14548491cbc','2c8e8412-ab98-52cb-8d7b-fbdda42ccda7','Retreats',NULL);
CREATE TABLE account_occurrence (
	id VARCHAR(36) NOT NULL, 
	account_id VARCHAR(36) NOT NULL, 
	at DATETIME NOT NULL, 
	what VARCHAR(40) NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_account_occurrence PRIMARY KEY (id), 
	CONSTRAINT fk_account_occurrence_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE attempt (
	signup_id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	outcome VARCHAR(40), 
	detail TEXT NOT NULL, 
	request_id VARCHAR(80) NOT NULL, 
	CONSTRAINT pk_attempt PRIMARY KEY (signup_id, number), 
	CONSTRAINT fk_attempt_signup_id FOREIGN KEY(signup_id) REFERENCES signup (id) ON DELETE CASCADE
);
INSERT INTO "attempt" VALUES('76efb482-c6e7-4f09-b42a-41fcbc2dfb15',1,'2026-11-21 22:39:46.299804','2026-11-21 22:39:46.381765','created','','');
INSERT INTO "attempt" VALUES('d55686f1-8247-4414-860e-6cef73f5104c',1,'2026-11-21 22:39:46.388878','2026-11-21 22:39:46.452737','created','','');
INSERT INTO "attempt" VALUES('35b9f7a4-f395-4a3a-b753-f866a19ae723',1,'2026-11-21 22:39:46.472805','2026-11-21 22:39:46.534855','created','','');
INSERT INTO "attempt" VALUES('d7b64daf-6836-47a4-bec4-5d2926b43a2a',1,'2026-11-21 22:39:46.551709','2026-11-21 22:39:46.580181','opted_out','','');
CREATE TABLE authorization_transaction (
	id VARCHAR(36) NOT NULL, 
	state_digest VARCHAR(64) NOT NULL, 
	browser_digest VARCHAR(64) NOT NULL, 
	code_verifier TEXT, 
	redirect_uri VARCHAR(400) NOT NULL, 
	link_id VARCHAR(36), 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	burnt_at DATETIME, 
	outcome VARCHAR(40), 
	account_id VARCHAR(36), 
	checklist JSON NOT NULL, 
	CONSTRAINT pk_authorization_transaction PRIMARY KEY (id), 
	CONSTRAINT fk_authorization_transaction_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE SET NULL, 
	CONSTRAINT fk_authorization_transaction_link_id FOREIGN KEY(link_id) REFERENCES connect_link (id) ON DELETE SET NULL, 
	CONSTRAINT uq_authorization_transaction_state_digest UNIQUE (state_digest)
);
CREATE TABLE connect_link (
	id VARCHAR(36) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	label VARCHAR(120) NOT NULL, 
	created_by VARCHAR(254) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	revoked_at DATETIME, 
	account_id VARCHAR(36), 
	CONSTRAINT pk_connect_link PRIMARY KEY (id), 
	CONSTRAINT fk_connect_link_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE SET NULL, 
	CONSTRAINT uq_connect_link_digest UNIQUE (digest)
);
INSERT INTO "connect_link" VALUES('5279de5f-155e-433f-a26d-fe7d14f0a1cd','3ac929419d470414313b6f75f3ea541f410f9567df57a1826e39e54a5c9bc95b','An open invitation','ada@example.com','2026-11-21 22:39:46.726151','2026-11-28 22:39:46.726151',NULL,NULL,NULL);
CREATE TABLE consent_wording (
	id VARCHAR(36) NOT NULL, 
	form_id VARCHAR(16) NOT NULL, 
	version INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_consent_wording PRIMARY KEY (id), 
	CONSTRAINT fk_consent_wording_form_id FOREIGN KEY(form_id) REFERENCES form (id) ON DELETE CASCADE
);
INSERT INTO "consent_wording" VALUES('7e151074-4625-49af-900f-335e468d0e2a','cyxc8gzjhs',1,'Yes, send me news.','2026-11-21 22:39:46.206881');
INSERT INTO "consent_wording" VALUES('161b5512-4b06-4808-a8f0-aaab19067e30','k6d08lg2fc',1,'Namaste, yes.','2026-11-21 22:39:46.239138');
INSERT INTO "consent_wording" VALUES('f6244347-c9af-4306-b71f-e848e0f4d013','cyxc8gzjhs',2,'Yes, and again yes.','2026-11-21 22:39:46.704877');
CREATE TABLE form (
	id VARCHAR(16) NOT NULL, 
	account_id VARCHAR(36) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	heading VARCHAR(120) NOT NULL, 
	intro TEXT NOT NULL, 
	button VARCHAR(60) NOT NULL, 
	success TEXT NOT NULL, 
	fields JSON NOT NULL, 
	lists JSON NOT NULL, 
	visitor_chooses BOOLEAN NOT NULL, 
	consent_id VARCHAR(36) NOT NULL, 
	open BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_form PRIMARY KEY (id), 
	CONSTRAINT fk_form_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
INSERT INTO "form" VALUES('cyxc8gzjhs','49aededc-42dd-4994-8fe8-aef7b8238673','Newsletter','Join our newsletter','','Sign me up','Thank you!','[{"key": "first_name", "label": "First name", "required": false}, {"key": "last_name", "label": "Last name", "required": false}]','[{"list_id": "ae58e7c3-4495-573a-881d-1f2310a9e7b2", "label": "Baking Classes"}]',0,'f6244347-c9af-4306-b71f-e848e0f4d013',1,'2026-11-21 22:39:46.206881','2026-11-21 22:39:46.704877');
INSERT INTO "form" VALUES('k6d08lg2fc','8779a497-3c20-4a39-bc34-d14548491cbc','Yoga','Join our newsletter','','Sign me up','Thank you!','[{"key": "first_name", "label": "First name", "required": false}, {"key": "last_name", "label": "Last name", "required": false}]','[{"list_id": "f67280be-9975-5a9f-b4cb-6b65b328772e", "label": "Morning Classes"}]',0,'161b5512-4b06-4808-a8f0-aaab19067e30',1,'2026-11-21 22:39:46.239138','2026-11-21 22:39:46.239138');
CREATE TABLE governor (
	api_key VARCHAR(80) NOT NULL, 
	next_at DATETIME NOT NULL, 
	day DATE NOT NULL, 
	used INTEGER NOT NULL, 
	paused_until DATETIME, 
	paused_for VARCHAR(40), 
	CONSTRAINT pk_governor PRIMARY KEY (api_key)
);
INSERT INTO "governor" VALUES('11111111-1111-4111-8111-111111111111','2026-11-21 22:39:46.569659','2026-11-21',11,NULL,NULL);
CREATE TABLE heartbeat (
	worker VARCHAR(80) NOT NULL, 
	seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_heartbeat PRIMARY KEY (worker)
);
INSERT INTO "heartbeat" VALUES('old-host:1','2026-11-21 22:39:46.590839');
CREATE TABLE role (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	description VARCHAR(200) NOT NULL, 
	permissions VARCHAR(200), 
	CONSTRAINT pk_role PRIMARY KEY (id), 
	CONSTRAINT uq_role_name UNIQUE (name)
);
INSERT INTO "role" VALUES('d8494162-a352-4240-a003-e450fec7a1d1','admin','May connect accounts and change forms',NULL);
INSERT INTO "role" VALUES('482ab00f-c9c2-4768-a142-6e36b9cdda20','viewer','May look',NULL);
CREATE TABLE role_of_user (
	user_id VARCHAR(36) NOT NULL, 
	role_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_role_of_user PRIMARY KEY (user_id, role_id), 
	CONSTRAINT fk_role_of_user_role_id FOREIGN KEY(role_id) REFERENCES role (id) ON DELETE CASCADE, 
	CONSTRAINT fk_role_of_user_user_id FOREIGN KEY(user_id) REFERENCES user_account (id) ON DELETE CASCADE
);
INSERT INTO "role_of_user" VALUES('b237ff21-c060-4d7f-825f-34b808bd3aff','d8494162-a352-4240-a003-e450fec7a1d1');
INSERT INTO "role_of_user" VALUES('fe6f89de-f23a-4b3d-b1d0-2466e861a787','482ab00f-c9c2-4768-a142-6e36b9cdda20');
CREATE TABLE signup (
	id VARCHAR(36) NOT NULL, 
	form_id VARCHAR(16) NOT NULL, 
	account_id VARCHAR(36) NOT NULL, 
	consent_id VARCHAR(36) NOT NULL, 
	press_id VARCHAR(40) NOT NULL, 
	email VARCHAR(80) NOT NULL, 
	person VARCHAR(80) NOT NULL, 
	body JSON NOT NULL, 
	host_page VARCHAR(500) NOT NULL, 
	created_at DATETIME NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	reason VARCHAR(40), 
	attempts INTEGER NOT NULL, 
	due_at DATETIME, 
	may_resubscribe BOOLEAN NOT NULL, 
	failing_since DATETIME, 
	settled_at DATETIME, 
	contact_id VARCHAR(36), 
	action VARCHAR(20), 
	CONSTRAINT pk_signup PRIMARY KEY (id), 
	CONSTRAINT fk_signup_account_id FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT fk_signup_consent_id FOREIGN KEY(consent_id) REFERENCES consent_wording (id), 
	CONSTRAINT fk_signup_form_id FOREIGN KEY(form_id) REFERENCES form (id)
);
INSERT INTO "signup" VALUES('76efb482-c6e7-4f09-b42a-41fcbc2dfb15','cyxc8gzjhs','49aededc-42dd-4994-8fe8-aef7b8238673','7e151074-4625-49af-900f-335e468d0e2a','112e81b33d854240ac3e145c3ce8ae0a.ff888ca','delivered0@example.com','delivered0@example.com','{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}','','2026-11-21 22:39:46.249745','delivered','created',1,NULL,0,NULL,'2026-11-21 22:39:46.381765','73e06736-e5fc-11f1-943f-5e1a7c0f4e01','created');
INSERT INTO "signup" VALUES('d55686f1-8247-4414-860e-6cef73f5104c','cyxc8gzjhs','49aededc-42dd-4994-8fe8-aef7b8238673','7e151074-4625-49af-900f-335e468d0e2a','2c6b62289a764d7f85723dd0c8b05383.ff888ca','delivered1@example.com','delivered1@example.com','{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}','','2026-11-21 22:39:46.273346','delivered','created',1,NULL,0,NULL,'2026-11-21 22:39:46.452737','73eb521c-e5fc-11f1-85f7-5e1a7c0f4e01','created');
INSERT INTO "signup" VALUES('35b9f7a4-f395-4a3a-b753-f866a19ae723','cyxc8gzjhs','49aededc-42dd-4994-8fe8-aef7b8238673','7e151074-4625-49af-900f-335e468d0e2a','7d40ea9247d64d19af46648900d2aa40.ff888ca','delivered2@example.com','delivered2@example.com','{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}','','2026-11-21 22:39:46.277728','delivered','created',1,NULL,0,NULL,'2026-11-21 22:39:46.534855','73f7e5d3-e5fc-11f1-bb28-5e1a7c0f4e01','created');
INSERT INTO "signup" VALUES('d7b64daf-6836-47a4-bec4-5d2926b43a2a','cyxc8gzjhs','49aededc-42dd-4994-8fe8-aef7b8238673','7e151074-4625-49af-900f-335e468d0e2a','3cad166d3f78494b923ba352fcf2af83.ff888ca','opted-out@example.com','opted-out@example.com','{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}','','2026-11-21 22:39:46.287414','held','opted_out',1,NULL,0,NULL,'2026-11-21 22:39:46.580181',NULL,NULL);
INSERT INTO "signup" VALUES('78cbfad8-270d-423f-b0d3-132eb171a152','k6d08lg2fc','8779a497-3c20-4a39-bc34-d14548491cbc','161b5512-4b06-4808-a8f0-aaab19067e30','f03f494731be4cb4b4c7e5bef7c4ce0f.3365afb','zoe+old@example.com','zoe+old@example.com','{"list_memberships": ["f67280be-9975-5a9f-b4cb-6b65b328772e"]}','','2026-11-21 22:39:46.608773','waiting',NULL,0,'2026-11-21 22:39:46.608773',0,NULL,NULL,NULL,NULL);
INSERT INTO "signup" VALUES('edd9759c-f3da-41c8-b27a-1b1eaaa4164e','cyxc8gzjhs','49aededc-42dd-4994-8fe8-aef7b8238673','7e151074-4625-49af-900f-335e468d0e2a','2652848e33944b709ed6a57f5cf81ec4.ff888ca','waiting@example.com','waiting@example.com','{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}','','2026-11-21 22:39:46.622963','waiting',NULL,0,'2026-11-21 22:39:46.622963',0,NULL,NULL,NULL,NULL);
INSERT INTO "signup" VALUES('a9abe679-bdf0-4f32-a0a0-527023d4d177','cyxc8gzjhs','49aededc-42dd-4994-8fe8-aef7b8238673','7e151074-4625-49af-900f-335e468d0e2a','3b6f296f07314d078a3809899ca6760a.ff888ca','parked@example.com','parked@example.com','{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}','','2026-11-21 22:39:46.639095','parked','invalid',0,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "signup" VALUES('c4054a20-f161-4445-ac24-1bc05452389a','cyxc8gzjhs','49aededc-42dd-4994-8fe8-aef7b8238673','7e151074-4625-49af-900f-335e468d0e2a','a8e71006f8b641dc948053e623dc645b.ff888ca','closed@example.com','closed@example.com','{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}','','2026-11-21 22:39:46.671057','closed','refused',0,NULL,0,NULL,NULL,NULL,NULL);
CREATE TABLE tally (
	form_id VARCHAR(16) NOT NULL, 
	day DATE NOT NULL, 
	accepted INTEGER NOT NULL, 
	CONSTRAINT pk_tally PRIMARY KEY (form_id, day), 
	CONSTRAINT fk_tally_form_id FOREIGN KEY(form_id) REFERENCES form (id)
);
INSERT INTO "tally" VALUES('cyxc8gzjhs','2026-11-21',7);
INSERT INTO "tally" VALUES('k6d08lg2fc','2026-11-21',1);
CREATE TABLE token_set (
	id VARCHAR(36) NOT NULL, 
	account_id VARCHAR(36) NOT NULL, 
	grant_id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	access_token TEXT NOT NULL, 
	refresh_token TEXT NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	scopes VARCHAR(255) NOT NULL, 
	obtained_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	refresh_due_at DATETIME NOT NULL, 
	lease_until DATETIME, 
	lease_by VARCHAR(80), 
	intent_at DATETIME, 
	intent_fingerprint VARCHAR(64), 
	failures INTEGER NOT NULL, 
	failure VARCHAR(40), 
	next_attempt_at DATETIME, 
	refused_at DATETIME, 
	CONSTRAINT pk_token_set PRIMARY KEY (id), 
	CONSTRAINT fk_token_set_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT uq_token_set_account_id UNIQUE (account_id)
);
INSERT INTO "token_set" VALUES('b40794cb-4977-475d-819e-62df0761e498','49aededc-42dd-4994-8fe8-aef7b8238673','b887d730-a7e2-43bc-a0e9-e2756dfc8019',1,'gAAAAABrAh2y-o7jZh94Wyl9TmSk6MArmnMBpcOAMJx-0REGJRvA4QVsatLPS8WVpCu63ARDo9MWPegewgin54mqpTz8JPh9mTZhtWXufT0t6sh6JfUdCj4WMgDq51B-nd0TyfC-g9qlzwayhgcz6kXqsor-HDFB57FHsjsektNe1ZXQQCUirRQ_ezenu9zeWzqLehYcjRc4eCp0sLJthZzYxu7Rw_4t6BROVqSvanfwGRWxxUM3YhSyPVukNAcXizfw5hKFVQL3mErNcwZJQ9GEscnmNjti02gbUW1TqtF2mO0f1C7plmX8dy3X49A6jRbzrPRLmHX00zZ42Ln0wRr6zu3EDd4jIrAW-gmOX4D5JOZbVqF_emJWc0gWBDt1GrDsv54Kde3j4L3XPk8jcMqc0XHwByYmvaaLexIPqwZHB1qGKcmBFsnPmIRNmPr2FRmc0IXLpKpEc1zpt3CzjMF8ezx2DBsz_1tS19qvcU9GvBTxStLjR8kH0FcDvQ-YNUxnSuxRLkh-nVDk1hnh07Rok1QOzGIvS8-CPm50k2V5G4kOASz7_FleGFTkZ8XkrlKLiFZGSfS1-a1pA70OizKKYBPGOEwZkItG9wnsgfRMnkejLkvdknpeGwIGUjUiNYElUYXMCZ2X3Nz2BVx4Cr3OqeqO4jDh1js9pmdaM7esEBmcWS1S86DAVhxQtWChOC9pDoI1bvET6io6N4POzOUGtwCoiBq9bWLRxNIcMG4_CRv5TOaxdmyIRsVoKZBQheaXdiFRZyVa-VVL0sWno-N50VTPTmLIgunICuJ7nyzpzv9GfYgWD4cJWMv-pCkwb8aWO9iCXAKPJShb9qX-rTu0Rdq1_AQk7aFvPzzkktsdF5ImIgXlo534bDfSA8F54PHFCRLFpgmGjtTGiaGoS4KNs2tRS9jseMAhK0t25jjBBsjG-_A2ca6CovsalIQaG3Mrx1RFtYYfEWP3H-o0cgUXlO9tAlL4gtDkBNHFy7FkZ1GLi9a4GWdw_eJvpOxnl6DmIItYNclcb9Um4-TpE6UUeVJv7AeJWcJdzygrEw2f2jiJTJ6cUOS_GxIU7OgDpNw9Nbn2sAImI4S0--twftf4KLwgJpXSvm_QXqw0VdZTy-JbmFulAMPS_iZpwRF4OvYp2ek22EE5VFU5f4JuIUxqN7fLuozku_n_1vhXrTQTnJsf-RmrmJPfbE2cB9i1XtEPNEVVnNogkfAULyDwPbew23tw_luhh3j165_0jMYSTy3zD7yggLwStauTNtNpWQlVMwGrSPlyn_70Le93eJMSgVkKS9vpITxj8OnfMu83nO7ZaKtyWuevry8gQMoJSDFtW0ejuyRS6fuXpy3gK3yCL3FDtLA6IAOqsMU2dHHsNt-XiqkpazLc7xhmDWfBl5GG0TSvSU8GJhnUBjC5EaR_ZcdU9gL-L5775TV5cKCIdx44NUTXSbal7-8ooj-_ehsY_629i9kuhQELOUsvsxj6FiglAMbUpoZXfnsLOuq1yzrSsdhWpJZyEem3gkxfnP4cW1hZFJ1Fpz1n-UjMMVkQNw1xucVUfRp8pL5EMYYhg_BkDV2kmfY=','gAAAAABrAh2yWhLB4_PR5b8xuzJIIUkLIHd_gqzAUpUlEs0nePueVpvenaJkWTZZ9WI6puLrvKMH9dRrub3QkjHedhd4asqa7lSJIBsSGOpnaVGepICbzjT6ZvAlLM4BhFJ4W2VeCkKQbVWxqWKUfZa_F6YGbnJJ_kb4IUfVERvYnOFr6wTQStU1h5RsP8Nk2zgRlblW-8lCVGmzOU5wvNSUBQVD_t4G4u1En8iRn-mlTVzrCqcogYM=','unknown','contact_data account_read offline_access','2026-11-21 22:39:46.107860','2026-11-22 22:39:46.000000','2026-11-22 17:22:24.793448',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "token_set" VALUES('85f73970-ae6c-4321-9e82-82db3edbdda5','8779a497-3c20-4a39-bc34-d14548491cbc','b093f456-5b5b-44f9-9d20-8a0d4a91f0a3',1,'gAAAAABrAh2ybdrEMZJUWD7TJ6rvag0JOdB80VfKYSeurKxVDH0ucZ-G4Zf2d_0BoBrhbqCoNJOpoftQTrphTqgi2G4l13yOPSRx6mYp7KPr45kBS73qG35jTc3qwj_iUwMmZ1KV1DyJnWqBgtbgc0pUuq8eT212tz7jb3EiYY0b7StQu1pfDCc0c2niJjjWziHZSkaTfgHe2l0I-03o79yprFiXKL8YEFYvwDJIVmBd8ZIbRWSSL_jqP7f4Y5F7I1SvQvWlEb-Kq5hMsfrm4eT9wOoD-akNYe5olmMV233nKbKZLkBI5dmIbJa1S96Mxa4HBXhG5FU6tZTC3awFsjKVOxBdaxiJ1X7RjvUZF1dIaLMKFsPDsG-WLMgWlcPGdjiAUJbhvJ15-SlR0Dd6oUAa3Hpm7bh8To4h8e5GU9Mha3LOO6LX_IWdxgS-is234SpbkQMz9sxHEpuMLKaYUKtNE5ELNC8pU0WwMTOTDmFXqKe5i9c0JGXIRIj7RDboco7mk4l31fs-wxNrzCWZgpDrFgdfz1R3byMyJv2rNYA7PSGq0lar2EsNWA8K2r8T6r1UngQYnwonKJ_cVACcDfLXMlrqdqUYH96b9GbbsDWzZMRTKPwFQjlu99Lcfb_R5f4S-RAW8wNlJiwbUs44yF29tXrMwwJ1A7zrAn8bG9uwuMsH_ctztOA1GItEIUBsUQZ5MJlp7MKouwlq-R8BtuOV6wH2lzPjjrEhAiEdfofHchX6rQP9xxRz0I1WO5HtSTzt1PdsySYRaC2SpRmQyKJuyf7JLdFqAeNKx1NVIGMaWr7uWvVXdBln8q5GMGnzFLKq2LOWm1xfAQWq69Avae5oKQl0BZdA49_mEfoUPdy6rMzfVDW9st6IKlcFzTcdxE-YjMWge9IUaxnVaBvG8oMWAlb8HEMZSlP1rqX5j8moHgWwCtKqWH2--Qi_w-Yg075MgFbPLqfwXctjllmPRoE6SDj52CyeWpDZ7dMwzQsYMYIt8gJ85mjq3WgJKpEKMD5u9B-fGg1Y9_l4ORMWJeZEqi-WcOQAr1s8aXzma5kT6tcgnzYwRMd-N084VigWJgAlPe-Tvqs5dsMcW8vGlGz8UAhSUpgxUAn-KGbEm6GlsMBDIMeGRJM4siqe1Bzguom6ox8zf_CF6fBpX37Jptnn_YZTs_MtNZlAQYUbeb61a4KoT25F61lYnDvCw1DQYIXmox1YUcVZaar2KtyWwmcXY-6-V1WQUzJ8QIKb6tfzdSOO6fTjFbXrb7cnXv_aFck7PHNUcP2AxL_PxtdLliv5zJi3Qp-KJcfmyvrIi1hHdCfhulDVP2F9iSCeA8pTJX-yb0DTeu1udRdQUi-Ua6-AT0UTvydB5fN8THbRVJNaFsHbqTZ7pfxzAxLjjTzE4rCavYTmf1AXs3_VTA4goGdFjave54GRSZCSwF0E90dcFdnIi3naPxddkc_XLLfPfd3M84VdYcuyx_tS_04g-f478QCW4hOmBEFHx9elp5rZsvI9s6XgmuwjNFb-wyjjwsmUUPiSV4ij7vUONjPpLaeKjf_0bLQ4mYoDuswkvl4KDzWGcRhfHOw=','gAAAAABrAh2yxTjZPoDP1fgiamox_6Nea6fCne6otGQ0ODp9uG7Hhit0uPaSky4jmtZS34uAaExbB5RM8155b8CqLVbrdaUTrZj8Xyi8IUdqb1aZagxN8z-mqNNVs_I8IBnWAbLh1aJuoSOYKmJv86Sb52UihYklg0ZX8RTbPaW_z3xyc-nxSPdjiAHOMcarp-btiMWF5rnHtE8BtTl3ymiL6Icmmoy2AOkYi-dry-1A2-KF3vfk9T4=','unknown','contact_data account_read offline_access','2026-11-21 22:39:46.158592','2026-11-21 22:39:45.738925','2026-11-21 17:39:46.738925',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
CREATE TABLE user_account (
	id VARCHAR(36) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	password VARCHAR(255), 
	active BOOLEAN NOT NULL, 
	fs_uniquifier VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_user_account PRIMARY KEY (id), 
	CONSTRAINT uq_user_account_email UNIQUE (email), 
	CONSTRAINT uq_user_account_fs_uniquifier UNIQUE (fs_uniquifier)
);
INSERT INTO "user_account" VALUES('b237ff21-c060-4d7f-825f-34b808bd3aff','ada@example.com','$argon2id$v=19$m=65536,t=3,p=4$mjOmtDaGUIrxfq91LoWwVg$CFPJ13YdbSnWr1eTnRMvROxOfAyk6BSuHG2ehyZQvwI',1,'a7b1c7221cc44f7c81eba1be66b868e5','2026-11-21 22:39:45.231826');
INSERT INTO "user_account" VALUES('fe6f89de-f23a-4b3d-b1d0-2466e861a787','vic@example.com','$argon2id$v=19$m=65536,t=3,p=4$ihGidC6llFIqBQDAmHPuXQ$HxTw96DgC814v4ov08DvqIlmRScNHyrVyauZIWZlg5E',1,'09c1ba40d1504c95b8667229f08a2382','2026-11-21 22:39:45.724143');
CREATE UNIQUE INDEX uq_account_field_account_id_custom_field_id ON account_field (account_id, custom_field_id);
CREATE UNIQUE INDEX uq_account_list_account_id_list_id ON account_list (account_id, list_id);
CREATE INDEX ix_account_occurrence_account_id_at ON account_occurrence (account_id, at);
CREATE INDEX ix_token_set_refresh_due_at ON token_set (refresh_due_at);
CREATE INDEX ix_authorization_transaction_created_at ON authorization_transaction (created_at);
CREATE UNIQUE INDEX uq_consent_wording_form_id_version ON consent_wording (form_id, version);
CREATE INDEX ix_signup_created_at ON signup (created_at);
CREATE INDEX ix_signup_due ON signup (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_signup_person ON signup (person);
CREATE INDEX ix_signup_person_waiting ON signup (account_id, person, created_at) WHERE state = 'waiting';
CREATE INDEX ix_signup_state_created_at ON signup (state, created_at);
CREATE UNIQUE INDEX uq_signup_form_id_person_press_id ON signup (form_id, person, press_id);
COMMIT;
