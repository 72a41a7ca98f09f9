SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.account (
    id character varying(36) NOT NULL,
    provider_id character varying(80) NOT NULL,
    name character varying(255) NOT NULL,
    login character varying(255) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    connected_at timestamp with time zone NOT NULL,
    disconnected_at timestamp with time zone,
    facts_read_at timestamp with time zone,
    trouble character varying(40),
    trouble_since timestamp with time zone,
    trouble_detail text NOT NULL,
    trouble_count integer NOT NULL,
    hold_until timestamp with time zone
);
CREATE TABLE public.account_field (
    id character varying(36) NOT NULL,
    account_id character varying(36) NOT NULL,
    custom_field_id character varying(36) NOT NULL,
    label character varying(255) NOT NULL,
    type character varying(20) NOT NULL,
    gone_at timestamp with time zone
);
CREATE TABLE public.account_list (
    id character varying(36) NOT NULL,
    account_id character varying(36) NOT NULL,
    list_id character varying(36) NOT NULL,
    name character varying(255) NOT NULL,
    gone_at timestamp with time zone
);
CREATE TABLE public.account_occurrence (
    id character varying(36) NOT NULL,
    account_id character varying(36) NOT NULL,
    at timestamp with time zone NOT NULL,
    what character varying(40) NOT NULL,
    detail text NOT NULL
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.attempt (
    signup_id character varying(36) NOT NULL,
    number integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome character varying(40),
    detail text NOT NULL,
    request_id character varying(80) NOT NULL
);
CREATE TABLE public.authorization_transaction (
    id character varying(36) NOT NULL,
    state_digest character varying(64) NOT NULL,
    browser_digest character varying(64) NOT NULL,
    code_verifier text,
    redirect_uri character varying(400) NOT NULL,
    link_id character varying(36),
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    burnt_at timestamp with time zone,
    outcome character varying(40),
    account_id character varying(36),
    checklist json NOT NULL
);
CREATE TABLE public.connect_link (
    id character varying(36) NOT NULL,
    digest character varying(64) NOT NULL,
    label character varying(120) NOT NULL,
    created_by character varying(254) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    account_id character varying(36)
);
CREATE TABLE public.consent_wording (
    id character varying(36) NOT NULL,
    form_id character varying(16) NOT NULL,
    version integer NOT NULL,
    text text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.form (
    id character varying(16) NOT NULL,
    account_id character varying(36) NOT NULL,
    name character varying(120) NOT NULL,
    heading character varying(120) NOT NULL,
    intro text NOT NULL,
    button character varying(60) NOT NULL,
    success text NOT NULL,
    fields json NOT NULL,
    lists json NOT NULL,
    visitor_chooses boolean NOT NULL,
    consent_id character varying(36) NOT NULL,
    open boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE public.governor (
    api_key character varying(80) NOT NULL,
    next_at timestamp with time zone NOT NULL,
    day date NOT NULL,
    used integer NOT NULL,
    paused_until timestamp with time zone,
    paused_for character varying(40)
);
CREATE TABLE public.heartbeat (
    worker character varying(80) NOT NULL,
    seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.role (
    id character varying(36) NOT NULL,
    name character varying(40) NOT NULL,
    description character varying(200) NOT NULL,
    permissions character varying(200)
);
CREATE TABLE public.role_of_user (
    user_id character varying(36) NOT NULL,
    role_id character varying(36) NOT NULL
);
CREATE TABLE public.signup (
    id character varying(36) NOT NULL,
    form_id character varying(16) NOT NULL,
    account_id character varying(36) NOT NULL,
    consent_id character varying(36) NOT NULL,
    press_id character varying(40) NOT NULL,
    email character varying(80) NOT NULL,
    person character varying(80) NOT NULL,
    body json NOT NULL,
    host_page character varying(500) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    state character varying(12) NOT NULL,
    reason character varying(40),
    attempts integer NOT NULL,
    due_at timestamp with time zone,
    may_resubscribe boolean NOT NULL,
    failing_since timestamp with time zone,
    settled_at timestamp with time zone,
    contact_id character varying(36),
    action character varying(20)
);
CREATE TABLE public.tally (
    form_id character varying(16) NOT NULL,
    day date NOT NULL,
    accepted integer NOT NULL
);
CREATE TABLE public.token_set (
    id character varying(36) NOT NULL,
    account_id character varying(36) NOT NULL,
    grant_id character varying(36) NOT NULL,
    version integer NOT NULL,
    access_token text NOT NULL,
    refresh_token text NOT NULL,
    kind character varying(12) NOT NULL,
    scopes character varying(255) NOT NULL,
    obtained_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    refresh_due_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    lease_by character varying(80),
    intent_at timestamp with time zone,
    intent_fingerprint character varying(64),
    failures integer NOT NULL,
    failure character varying(40),
    next_attempt_at timestamp with time zone,
    refused_at timestamp with time zone
);
CREATE TABLE public.user_account (
    id character varying(36) NOT NULL,
    email character varying(254) NOT NULL,
    password character varying(255),
    active boolean NOT NULL,
    fs_uniquifier character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
INSERT INTO public.account VALUES ('bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'a07e1mplrye1', 'Maple & Rye Bakery', 'nora@mapleandrye.example', '2026-11-21 22:39:51.58892+00', '2026-11-21 22:39:51.58892+00', NULL, '2026-11-21 22:39:51.645226+00', NULL, NULL, '', 0, NULL);
INSERT INTO public.account VALUES ('8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', 'a07e1qtyoga2', 'Quiet Tide Yoga', 'priya@quiettide.example', '2026-11-21 22:39:51.664114+00', '2026-11-21 22:39:51.664114+00', NULL, '2026-11-21 22:39:51.71047+00', NULL, NULL, '', 0, NULL);
INSERT INTO public.account_field VALUES ('59ca9ba7-3b1c-4140-b90f-25e17155376b', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'd291ccac-b0c3-53ec-817c-7952cd83da83', 'Nickname', 'string', NULL);
INSERT INTO public.account_field VALUES ('c2086acb-ed6d-4d79-84cb-8dfda9d063c3', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '89e66ad5-2bba-573a-8582-da957305a73e', 'Message', 'text_area', NULL);
INSERT INTO public.account_field VALUES ('cfd58a72-37d7-4f4a-b598-2ec070f62043', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'add6c84c-6790-5243-a5a9-24cc0d6e499f', 'Group size', 'number', NULL);
INSERT INTO public.account_field VALUES ('0e1ea665-7e59-48e4-9603-fd685ff8a5a8', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'f49d2a41-00df-5ed7-a6bf-7c09d6474841', 'Last gift', 'currency', NULL);
INSERT INTO public.account_field VALUES ('b1cbbe4e-0a21-459d-9251-5db52e6675b9', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'd67923cf-3852-51db-a90b-0d9fc9c11222', 'Member since', 'date', NULL);
INSERT INTO public.account_field VALUES ('3a70b05d-72c7-40e7-bd8e-095ddf9f20cd', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'ab74f843-2d24-5d40-8b85-99eea3df4693', 'Next visit', 'datetime', NULL);
INSERT INTO public.account_field VALUES ('6d83698a-ad7d-4efc-b765-f1082bb06d9c', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'bd201684-116a-5ee0-8e5d-65e84cb4e2f2', 'Accessible entrance', 'boolean', NULL);
INSERT INTO public.account_field VALUES ('3e2d1059-0c1c-458c-b6c6-748369d714bb', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '0228ce20-9454-564f-940b-99560dd3f506', 'How did you hear about us', 'single_select', NULL);
INSERT INTO public.account_field VALUES ('db9bc639-b92e-49f9-a58c-fcfdd8ab91bd', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '1cd9e9b0-7082-516b-bcdf-5e82c541c463', 'Interests', 'multi_select', NULL);
INSERT INTO public.account_field VALUES ('3d669f02-25b8-4dc4-9d89-477359f41aa1', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '4cc36b7e-98a4-5ec1-80e2-25547f76897b', 'Nickname', 'string', NULL);
INSERT INTO public.account_field VALUES ('6ccdcad5-47af-4956-9494-66dae512aa3a', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', 'e9490f2b-2959-5189-adce-a74fc90a3cb2', 'Message', 'text_area', NULL);
INSERT INTO public.account_field VALUES ('aae6f3ca-1b8b-47c1-b16e-2ae612d98c3f', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', 'fd8bae90-2ca5-56ec-9413-7939c7e4cc6d', 'Group size', 'number', NULL);
INSERT INTO public.account_field VALUES ('d7464509-0dd1-4495-99a3-e096340c23a6', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '5f3e37a4-13dd-5c10-8a4f-8d43e6b7db24', 'Last gift', 'currency', NULL);
INSERT INTO public.account_field VALUES ('dc4e6808-92ed-40db-881b-455b5c0175e8', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '75400310-837c-5a6a-bb89-75c744ebb650', 'Member since', 'date', NULL);
INSERT INTO public.account_field VALUES ('f47395c8-1c42-4ae2-94be-ce05665418e1', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '5fa10130-d719-58e5-94b5-a069ed8a2627', 'Next visit', 'datetime', NULL);
INSERT INTO public.account_field VALUES ('4052f92b-3106-4699-a8df-34adaffeadc1', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '4d74d1c5-5c63-55e2-9e79-e53e7b9cd0fd', 'Accessible entrance', 'boolean', NULL);
INSERT INTO public.account_field VALUES ('4e2d0ef6-18b3-401f-9722-c60e2ba808bb', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '60cf0930-4545-5fc5-8304-860765ca7cf9', 'How did you hear about us', 'single_select', NULL);
INSERT INTO public.account_field VALUES ('2d874c61-26bc-41cd-8293-a0d4e2c3acd8', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '247df29c-60bf-57d8-931c-929486b1a8a1', 'Interests', 'multi_select', NULL);
INSERT INTO public.account_list VALUES ('d01cff03-6101-4d70-9ce5-940f203df9c1', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'b98d61a1-0c20-52f1-94ec-c0a6a4a06599', 'Newsletter', NULL);
INSERT INTO public.account_list VALUES ('d0b80483-79cc-4ffc-b905-e4bbe0eb513a', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'ce44ef2b-9e1a-55bf-b87d-9fd895eca523', 'Saturday Specials', NULL);
INSERT INTO public.account_list VALUES ('b2f90879-e54f-49eb-8c9d-1ae16d5db17e', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'ea656d3b-89de-5e8d-9e71-a99b20fc4084', 'Wholesale Customers', NULL);
INSERT INTO public.account_list VALUES ('14733955-f969-4f56-8032-8518785502f5', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'ae58e7c3-4495-573a-881d-1f2310a9e7b2', 'Baking Classes', NULL);
INSERT INTO public.account_list VALUES ('bd9ae9e7-df7e-4d54-8689-90f1e17161ac', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '74fc564f-65cc-5077-b84e-75ba79b5d72b', 'Studio News', NULL);
INSERT INTO public.account_list VALUES ('30335c3f-d614-4625-89c0-85a5371cb78d', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', 'f67280be-9975-5a9f-b4cb-6b65b328772e', 'Morning Classes', NULL);
INSERT INTO public.account_list VALUES ('22ec6960-c9ef-4653-aa0f-964c983dfb2f', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '2c8e8412-ab98-52cb-8d7b-fbdda42ccda7', 'Retreats', NULL);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.attempt VALUES ('13717e6c-6a5b-42d5-b47d-a5eb13123e08', 1, '2026-11-21 22:39:51.87268+00', '2026-11-21 22:39:51.916956+00', 'created', '', '');
INSERT INTO public.attempt VALUES ('14dfdd83-1324-41bf-b999-320ee756fd53', 1, '2026-11-21 22:39:51.926594+00', '2026-11-21 22:39:51.958553+00', 'created', '', '');
INSERT INTO public.attempt VALUES ('b9eb560a-4d29-46a0-ab46-3917e6e3677c', 1, '2026-11-21 22:39:51.966762+00', '2026-11-21 22:39:52.013878+00', 'created', '', '');
INSERT INTO public.attempt VALUES ('15dd3393-e1b1-4945-bd0d-e4527d221948', 1, '2026-11-21 22:39:52.024924+00', '2026-11-21 22:39:52.066321+00', 'opted_out', '', '');
INSERT INTO public.connect_link VALUES ('51a03be5-2299-458c-8839-edc4db6f3eea', '259b32ca36c999561956505526bc1f6585316d387e63519833d43785e86a99c5', 'An open invitation', 'ada@example.com', '2026-11-21 22:39:52.283546+00', '2026-11-28 22:39:52.283546+00', NULL, NULL, NULL);
INSERT INTO public.consent_wording VALUES ('0e62194e-bdc8-4583-ad97-509a02fd1e6b', 'aupx5hh9vx', 1, 'Yes, send me news.', '2026-11-21 22:39:51.720526+00');
INSERT INTO public.consent_wording VALUES ('828ebfd4-82cc-4817-bbd6-d1e47cd7fd47', 'mcbekfx4jr', 1, 'Namaste, yes.', '2026-11-21 22:39:51.739517+00');
INSERT INTO public.consent_wording VALUES ('fb2148b6-03f5-4506-91fb-56e352c88f36', 'aupx5hh9vx', 2, 'Yes, and again yes.', '2026-11-21 22:39:52.253029+00');
INSERT INTO public.form VALUES ('mcbekfx4jr', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', 'Yoga', 'Join our newsletter', '', 'Sign me up', 'Thank you!', '[{"key": "first_name", "label": "First name", "required": false}, {"key": "last_name", "label": "Last name", "required": false}]', '[{"list_id": "f67280be-9975-5a9f-b4cb-6b65b328772e", "label": "Morning Classes"}]', false, '828ebfd4-82cc-4817-bbd6-d1e47cd7fd47', true, '2026-11-21 22:39:51.739517+00', '2026-11-21 22:39:51.739517+00');
INSERT INTO public.form VALUES ('aupx5hh9vx', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'Newsletter', 'Join our newsletter', '', 'Sign me up', 'Thank you!', '[{"key": "first_name", "label": "First name", "required": false}, {"key": "last_name", "label": "Last name", "required": false}]', '[{"list_id": "ae58e7c3-4495-573a-881d-1f2310a9e7b2", "label": "Baking Classes"}]', false, 'fb2148b6-03f5-4506-91fb-56e352c88f36', true, '2026-11-21 22:39:51.720526+00', '2026-11-21 22:39:52.253029+00');
INSERT INTO public.governor VALUES ('11111111-1111-4111-8111-111111111111', '2026-11-21 22:39:52.052107+00', '2026-11-21', 11, NULL, NULL);
INSERT INTO public.heartbeat VALUES ('old-host:1', '2026-11-21 22:39:52.119421+00');
INSERT INTO public.role VALUES ('a30d319e-34e3-4a70-b00f-d9d416f39c6a', 'admin', 'May connect accounts and change forms', NULL);
INSERT INTO public.role VALUES ('ac600e4f-756a-48a7-b0d7-5a1b97ba2d8a', 'viewer', 'May look', NULL);
INSERT INTO public.role_of_user VALUES ('afb7899a-0a28-4194-aea2-c29824fc4c09', 'a30d319e-34e3-4a70-b00f-d9d416f39c6a');
INSERT INTO public.role_of_user VALUES ('b0b77008-6ced-41fc-8af4-b4633e47aeb1', 'ac600e4f-756a-48a7-b0d7-5a1b97ba2d8a');
INSERT INTO public.signup VALUES ('13717e6c-6a5b-42d5-b47d-a5eb13123e08', 'aupx5hh9vx', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '0e62194e-bdc8-4583-ad97-509a02fd1e6b', 'eaf2e051c49e4c3a893c6ffc5ee212cd.ff888ca', 'delivered0@example.com', 'delivered0@example.com', '{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}', '', '2026-11-21 22:39:51.752488+00', 'delivered', 'created', 1, NULL, false, NULL, '2026-11-21 22:39:51.916956+00', '772d28de-e5fc-11f1-bc34-5e1a7c0f4e01', 'created');
INSERT INTO public.signup VALUES ('14dfdd83-1324-41bf-b999-320ee756fd53', 'aupx5hh9vx', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '0e62194e-bdc8-4583-ad97-509a02fd1e6b', '877fab18e80d447ebea3c874c93543e3.ff888ca', 'delivered1@example.com', 'delivered1@example.com', '{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}', '', '2026-11-21 22:39:51.848063+00', 'delivered', 'created', 1, NULL, false, NULL, '2026-11-21 22:39:51.958553+00', '77336ea6-e5fc-11f1-9c7c-5e1a7c0f4e01', 'created');
INSERT INTO public.signup VALUES ('b9eb560a-4d29-46a0-ab46-3917e6e3677c', 'aupx5hh9vx', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '0e62194e-bdc8-4583-ad97-509a02fd1e6b', '4681bdd6d62a443a8c5ff7e3ee61c2a5.ff888ca', 'delivered2@example.com', 'delivered2@example.com', '{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}', '', '2026-11-21 22:39:51.86048+00', 'delivered', 'created', 1, NULL, false, NULL, '2026-11-21 22:39:52.013878+00', '773bc263-e5fc-11f1-badb-5e1a7c0f4e01', 'created');
INSERT INTO public.signup VALUES ('15dd3393-e1b1-4945-bd0d-e4527d221948', 'aupx5hh9vx', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '0e62194e-bdc8-4583-ad97-509a02fd1e6b', '41df91c9112e4b28ae6677bf5f53f54a.ff888ca', 'opted-out@example.com', 'opted-out@example.com', '{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}', '', '2026-11-21 22:39:51.865888+00', 'held', 'opted_out', 1, NULL, false, NULL, '2026-11-21 22:39:52.066321+00', NULL, NULL);
INSERT INTO public.signup VALUES ('b018b9fa-e7ed-41e4-8a50-20682c9d9af0', 'mcbekfx4jr', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '828ebfd4-82cc-4817-bbd6-d1e47cd7fd47', '15aaa89cb8534a08a49708f9ff0b8999.3365afb', 'zoe+old@example.com', 'zoe+old@example.com', '{"list_memberships": ["f67280be-9975-5a9f-b4cb-6b65b328772e"]}', '', '2026-11-21 22:39:52.136981+00', 'waiting', NULL, 0, '2026-11-21 22:39:52.136981+00', false, NULL, NULL, NULL, NULL);
INSERT INTO public.signup VALUES ('b79b7d1e-d9a5-4a63-8289-86b689339802', 'aupx5hh9vx', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '0e62194e-bdc8-4583-ad97-509a02fd1e6b', 'fa88aecea4f044f197039c47618c5c0c.ff888ca', 'waiting@example.com', 'waiting@example.com', '{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}', '', '2026-11-21 22:39:52.15105+00', 'waiting', NULL, 0, '2026-11-21 22:39:52.15105+00', false, NULL, NULL, NULL, NULL);
INSERT INTO public.signup VALUES ('fe025da8-f6b3-45a0-ad39-cd11f42c2ff1', 'aupx5hh9vx', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '0e62194e-bdc8-4583-ad97-509a02fd1e6b', 'fbc66bd5a1934f9aac059328394378fa.ff888ca', 'parked@example.com', 'parked@example.com', '{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}', '', '2026-11-21 22:39:52.16043+00', 'parked', 'invalid', 0, NULL, false, NULL, NULL, NULL, NULL);
INSERT INTO public.signup VALUES ('907adb39-f841-486d-8df3-dfd413250858', 'aupx5hh9vx', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', '0e62194e-bdc8-4583-ad97-509a02fd1e6b', '822aaa777ef849d08a9ec2871876b3a1.ff888ca', 'closed@example.com', 'closed@example.com', '{"list_memberships": ["ae58e7c3-4495-573a-881d-1f2310a9e7b2"]}', '', '2026-11-21 22:39:52.221884+00', 'closed', 'refused', 0, NULL, false, NULL, NULL, NULL, NULL);
INSERT INTO public.tally VALUES ('mcbekfx4jr', '2026-11-21', 1);
INSERT INTO public.tally VALUES ('aupx5hh9vx', '2026-11-21', 7);
INSERT INTO public.token_set VALUES ('a7b84623-2b1d-4e30-9594-f4ba137e3851', 'bb6ad8c5-dffa-4920-b4bf-91a86a8c4372', 'a9c73b6c-df01-4c98-81b8-74bff7795836', 1, 'gAAAAABrAh23-XIQHl4Jolb2cEYhytecFKYx1HjGn3LG6ogHqczjORf1fdiAJoyBEm_DkmlzXmi7-_1yCWwQcus1QvxoKVJfBgNJ_NPuzpOJ8EOG_6MMobmn2qLOvqiDByn8zbGst-5XUK5iLPv75iSfa1wpjQzLT-h6-erlnuwPI_YYHQOEKyLwc_drn-VlVFmxh60waRSBDubUvQyihOwtHnUnyY7R_ENN4QkA1Tsi5L85HzJsVEskGU_qHJuXb1kHuWKso-sy5BuA_4dTe9Gba1e_HdIF0PUo2vKjsAX_BoolSCFnz8FFeRTZeBmZ2acF385kZZ7X8cuUsX-eyRUwQGhX9VMhhJsuwi2Tnh_r0YBzbuTGF0F6ExvbIwEG8f3bKl2e53WzDJC-Ochl-AlYccPHpHqEpM1r5hjhct_u3dxg2dzflpXLBl0eZgAvcN4d6dwDakS7VeEP1KKsVEmvUTf8sWfWeOxx51c4JLeTVqbISQAKiFuVNA-MmyHZPs97Ql7-e-ROtG-vUH35hGFH2sA2oQKG1Y2xxfQLX4S-RsztAod8Sn74sQNCEL3iEARZ9AghbcZklKTSpCkc2G8KDNo9G5w6M_7wE5a6FWUi5bDLQ4x4jwSOwQpOPZEpiqA4al1-KXgL7icX-__II0lBDz5YbmEVQ2ivofe6E_ot5BMJz6eNhcdUDkoJFFHPKhvuA34j1p0ke8xDhXgp7VNHG8aTGXBPjdFdhPeyJBCDRe2U8DkcdJLxsqKbGGB2wo6BU2GboPpuZVHTmySjLjY1nLCmcX_BSBa3fWA0MaL2uwjYK0beYhYQtNk_WDWnHixHCm-J3nx7qcf3sIZKL56-L9cBA6qs63D2CTpyHSyk77rJiGtW7T7QCTrP6Nm3QnH1bs4PyzYnvyqPa2xhrs59-kQ0jGfNBb_VbsJJUo1fh61PgTXMMRTT6TMXKrrWJ5RzkOy-hTm4SOxW0tPYKfKEYGsUisUL3BUeXuv74lFqRWnwNbF-TAhP_ZaHFGausvf6kmz1ofAI_xogiHnJp5URPiCiggEQs5_j18DMVwqz8Rx8p7bubCz4mgLKcGXG2pzAObXAwj0y5rYzGNUfoZ0YxU69CXcLPGXTfkDymuutDkaFVD5kGX4cU2Wuv0yPsYeDWaU7j8cPv2sQmYhjAZY2FwGNwySm3eRXpadUdojB0tuHf5o-pDpXfna-1PjFicfKYZl8G8XWYcFCepx7PEB1qXMXqRZRPC8O1hgSKvy5gkwZyz3o5m_1knTTW5gGcYp2S7Q4g-yZPYREI27HFW9o60sO5LfFveqfbkMMUebMv3s0xpo2Dba4y4UwZxvR-_iJOdyxDhG5ZTmbQ9AVovOqHdSPPkugEX4FwO4JdS8Vpsc6zO37sSGFBIv5eqXGhVc2mPBKTDUT_o_QhRCq4uFb_YHdsUm40TNmDUqJfpvoImroI9HHwOuzg6Sul1dWYgROg_J_2_CnmCQ50yHA_QxZoF5gwtapc-ESfl3BOddfVykMZFRsDQO6j4NswbmK2_U0v7-pO5eFN4g4xDx3GURliTk90uPgkcAH39A4dP0B_7zpGe6QHVM=', 'gAAAAABrAh232cqTuoQ6RoWPOblicHXs9u3sgqb72xvAHvulGjTbcQIHZ6njYKbVpnDKuBGBIzRDDr_MM4H-e8IosN3lzovd1tz_kje_Rqz5BTQ9G0SGoLqnRuK4ZYt5p7jeRuDhv8TBfjormjNQ7uQ9GyHrGYOTimBbxFWETYFxVIlc2gCMfzAmMJeCSrFjEK43V1vndUaOAP0MTYsD1XXe0pE3J_zYCdxOSmi2iFHCzcN-3LKe6W8=', 'unknown', 'contact_data account_read offline_access', '2026-11-21 22:39:51.58892+00', '2026-11-22 22:39:51+00', '2026-11-22 16:57:21.261152+00', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO public.token_set VALUES ('f93c9ba9-180d-4bad-ba5d-2bd7866da4b0', '8ae4612b-72a5-4d68-ac7c-6e833e5a0f6a', '55ccb565-f225-4720-bc72-9314a8b48870', 1, 'gAAAAABrAh23J20t3VHRiSBLbb2O6IMN87MhgGMTeC4n1BUMKnSCba_8wZON06WKWBi1uiu6v64arAemza_hMDv-h0ExIlqcgxFNOYIQzz4ifZRMDHvmUCc48135Nj8mHvI_BGjejDkprBYjkswo5IDarNZMRz2PgPJ-2MddHuT4-fWKPi8Buj6stdhhHeTSkh38_7-PkjaVu6snjOd7P5DJAU9K2eMRTK9ovgQ__IiyIyY6XmnsxZvil-uEWBRDq68bQa5dmlSGESyl5kBzkQVrM8b35-BDmPSHfZBDrsJ8AKFdaXsQChr7LYLvQYQRAcAaKn6SPpLTLJiOPpBIRI_hFutSe6DX07D735MO1dC_7tdQME_1icjZU79u-SFOoGoTAo9UdRwzfDsGuBUCcrN5APoad6gqZi2wQoO841CUx_GnbtNdOCcq6t6FZCgpxnx36XmoCuOFwXEva7z8C3jHtY6Ob6HSk06yD3tUmBY4beW3oXfUMt71lPl-VwE5jW3z0VOe-WKIcPr_VvqU0qW0SlOV0IP86-IcxGSzvRkjSnen1pTvJpGVoEaMq2RKhwCSd37ru7p_aCYHtjfm4ys-au-d1KRBXzKJMATof0UlwzyfIB4cCiFQAOtOSSuWHdRYurKdpgQjxE9DWMMTGa3W0Lwe3iB5QSSvW7yw87XoNwvUG5uHgx1SWInw7HSPOlCoUq8_SCopDG5iKK8ez1S0kpNyqSsqcDltBIiuT6sdW05jSLXYbzjJt32LmaKkwA0O01wmJtoRuUv7-fClY_tz31dR1n9bxErlJ8Su842O7YNp67AAwgAlkiBwwLI4ze9yjdI1I8L4zZtPl3cempLQJ9AQmsGGwN7aqEvu4IqXpp7bzRG8S1-4-yLmj-bAhp57zmw9lopZq83S-tBegWkcrNO9V_GwBdsk6Jt1RCOemYSqhSMza6azPoV53UdM7CfhZtu2apLP4bhKjjrYTGyKvKLTIZW5b6y-QMvsFPS_jOBLNfsD8ghSBYPDJddiplRH-O2_hCbRg5F5o7WDrDsCGKHrNJdgSsF3NyjJrlEZz53KWFpAAFvUXcdYNf8WOyHKiu-7rJ1CykGOrnfF2lZCVuhio1xO_yRyAuDJf12-MN98ntiSGQBzY2PSGUH2jOoqZKLFeZvyspzAg4oR4bYiLe9pvce2kctaZ87rDbqT4GvYoRYlxbEBsw-GABPeVdGBwR0TOhNrbZXaIQtFqDnceJ1JwsOR4SLR7vkvkNrKv6vm5QPcJczi_FefGZuTz4TAiSH70tlaj2SYvTwoZk2F07-E8haixA2pGlzyiRiV_41xdGMrXVZfHPnPKb5iQsRAd-nWumG6T3U2tzcQQaFMSS7CGe2dplNOAZ5WUjq4qdSSiDT0RuvrTH8Dr0GM7bAnJnuB9_hu84Dg_csM10Ax_7WVSsCADRBpKXyBkpMo4Lx5p5Dt2MX5zrawElvvlIPo3lNEb7gIraXIus-uA6_Ge5x_MIg9vVqP6gChoh3CQ7oW2bFhNgrtl2CqE06ns6kI0Ipa-p3aLckuS_7s5J2R8rv5jyweFq36APSSZzPqrTb75iw5dbg=', 'gAAAAABrAh23uUinHLG00og5KOIrFnDDPWckrT8ecnQTCgQDHDol0XG7SWpyhjYZ_WPZLS_tOt8uVQwcNif5CozuMRocHiAdtACO5wAKQSpGIxGypZo4y37Xhqoh300g7Eqf1snHSfXqv0il85_AQUWngHlhqzIQ-PIcwjbmEpS6igz0S_q5u9lVnnksfiknOs2WDzc_Vv0dzyd8IpefhZBh6KknGqyULDsbe7tG_CbWrb3n7srV-Hw=', 'unknown', 'contact_data account_read offline_access', '2026-11-21 22:39:51.664114+00', '2026-11-21 22:39:51.301732+00', '2026-11-21 17:39:52.301732+00', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO public.user_account VALUES ('afb7899a-0a28-4194-aea2-c29824fc4c09', 'ada@example.com', '$argon2id$v=19$m=65536,t=3,p=4$A2CMcY5xztkbo7SWcg5hrA$bXb0X4HFM6qWmhJHeCeH2YF3i6LfSIRTUVg1Qd3/hZg', true, 'f6dcebbdc8b4435ba84aff8513cf9d97', '2026-11-21 22:39:50.385275+00');
INSERT INTO public.user_account VALUES ('b0b77008-6ced-41fc-8af4-b4633e47aeb1', 'vic@example.com', '$argon2id$v=19$m=65536,t=3,p=4$M2as1bp3jjGmFMI4J8Q4xw$DKIYC5MghWJgOU3ZqZK71i7vSWDXbj7EPgWwe4QuQsk', true, '5ba0c55c975f4dda9c89e9a0db768b40', '2026-11-21 22:39:51.008543+00');
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT pk_account PRIMARY KEY (id);
ALTER TABLE ONLY public.account_field
    ADD CONSTRAINT pk_account_field PRIMARY KEY (id);
ALTER TABLE ONLY public.account_list
    ADD CONSTRAINT pk_account_list PRIMARY KEY (id);
ALTER TABLE ONLY public.account_occurrence
    ADD CONSTRAINT pk_account_occurrence PRIMARY KEY (id);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT pk_attempt PRIMARY KEY (signup_id, number);
ALTER TABLE ONLY public.authorization_transaction
    ADD CONSTRAINT pk_authorization_transaction PRIMARY KEY (id);
ALTER TABLE ONLY public.connect_link
    ADD CONSTRAINT pk_connect_link PRIMARY KEY (id);
ALTER TABLE ONLY public.consent_wording
    ADD CONSTRAINT pk_consent_wording PRIMARY KEY (id);
ALTER TABLE ONLY public.form
    ADD CONSTRAINT pk_form PRIMARY KEY (id);
ALTER TABLE ONLY public.governor
    ADD CONSTRAINT pk_governor PRIMARY KEY (api_key);
ALTER TABLE ONLY public.heartbeat
    ADD CONSTRAINT pk_heartbeat PRIMARY KEY (worker);
ALTER TABLE ONLY public.role
    ADD CONSTRAINT pk_role PRIMARY KEY (id);
ALTER TABLE ONLY public.role_of_user
    ADD CONSTRAINT pk_role_of_user PRIMARY KEY (user_id, role_id);
ALTER TABLE ONLY public.signup
    ADD CONSTRAINT pk_signup PRIMARY KEY (id);
ALTER TABLE ONLY public.tally
    ADD CONSTRAINT pk_tally PRIMARY KEY (form_id, day);
ALTER TABLE ONLY public.token_set
    ADD CONSTRAINT pk_token_set PRIMARY KEY (id);
ALTER TABLE ONLY public.user_account
    ADD CONSTRAINT pk_user_account PRIMARY KEY (id);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_provider_id UNIQUE (provider_id);
ALTER TABLE ONLY public.authorization_transaction
    ADD CONSTRAINT uq_authorization_transaction_state_digest UNIQUE (state_digest);
ALTER TABLE ONLY public.connect_link
    ADD CONSTRAINT uq_connect_link_digest UNIQUE (digest);
ALTER TABLE ONLY public.role
    ADD CONSTRAINT uq_role_name UNIQUE (name);
ALTER TABLE ONLY public.token_set
    ADD CONSTRAINT uq_token_set_account_id UNIQUE (account_id);
ALTER TABLE ONLY public.user_account
    ADD CONSTRAINT uq_user_account_email UNIQUE (email);
ALTER TABLE ONLY public.user_account
    ADD CONSTRAINT uq_user_account_fs_uniquifier UNIQUE (fs_uniquifier);
CREATE INDEX ix_account_occurrence_account_id_at ON public.account_occurrence USING btree (account_id, at);
CREATE INDEX ix_authorization_transaction_created_at ON public.authorization_transaction USING btree (created_at);
CREATE INDEX ix_signup_created_at ON public.signup USING btree (created_at);
CREATE INDEX ix_signup_due ON public.signup USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX ix_signup_person ON public.signup USING btree (person text_pattern_ops);
CREATE INDEX ix_signup_person_waiting ON public.signup USING btree (account_id, person, created_at) WHERE ((state)::text = 'waiting'::text);
CREATE INDEX ix_signup_state_created_at ON public.signup USING btree (state, created_at);
CREATE INDEX ix_token_set_refresh_due_at ON public.token_set USING btree (refresh_due_at);
CREATE UNIQUE INDEX uq_account_field_account_id_custom_field_id ON public.account_field USING btree (account_id, custom_field_id);
CREATE UNIQUE INDEX uq_account_list_account_id_list_id ON public.account_list USING btree (account_id, list_id);
CREATE UNIQUE INDEX uq_consent_wording_form_id_version ON public.consent_wording USING btree (form_id, version);
CREATE UNIQUE INDEX uq_signup_form_id_person_press_id ON public.signup USING btree (form_id, person, press_id);
ALTER TABLE ONLY public.account_field
    ADD CONSTRAINT fk_account_field_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.account_list
    ADD CONSTRAINT fk_account_list_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.account_occurrence
    ADD CONSTRAINT fk_account_occurrence_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT fk_attempt_signup_id FOREIGN KEY (signup_id) REFERENCES public.signup(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.authorization_transaction
    ADD CONSTRAINT fk_authorization_transaction_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.authorization_transaction
    ADD CONSTRAINT fk_authorization_transaction_link_id FOREIGN KEY (link_id) REFERENCES public.connect_link(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.connect_link
    ADD CONSTRAINT fk_connect_link_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.consent_wording
    ADD CONSTRAINT fk_consent_wording_form_id FOREIGN KEY (form_id) REFERENCES public.form(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.form
    ADD CONSTRAINT fk_form_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.role_of_user
    ADD CONSTRAINT fk_role_of_user_role_id FOREIGN KEY (role_id) REFERENCES public.role(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.role_of_user
    ADD CONSTRAINT fk_role_of_user_user_id FOREIGN KEY (user_id) REFERENCES public.user_account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.signup
    ADD CONSTRAINT fk_signup_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.signup
    ADD CONSTRAINT fk_signup_consent_id FOREIGN KEY (consent_id) REFERENCES public.consent_wording(id);
ALTER TABLE ONLY public.signup
    ADD CONSTRAINT fk_signup_form_id FOREIGN KEY (form_id) REFERENCES public.form(id);
ALTER TABLE ONLY public.tally
    ADD CONSTRAINT fk_tally_form_id FOREIGN KEY (form_id) REFERENCES public.form(id);
ALTER TABLE ONLY public.token_set
    ADD CONSTRAINT fk_token_set_account_id FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
