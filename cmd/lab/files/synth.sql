{{- /* A catalog of N jobs, the newest of them now: 1,000 cells of 250 chains, each once a day, 86.4 s apart. */ -}}
{{- define "numbers"}}(SELECT {{range $i, $d := .}}{{if $i}} + {{end}}{{$d}} * d{{$i}}.d{{end}} AS k FROM
{{- range $i, $d := .}}{{if $i}}, {{end}}(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) d{{$i}}{{end}}) numbers{{end -}}

SET time_zone='+00:00', sql_mode='';
SET @n={{.N}}, @newest={{.Newest}}, @step=86.4;

INSERT INTO Client (ClientId, Name, Uname) SELECT k + 1, CONCAT('db', LPAD(k + 1, 3, '0'), '-fd'), '9.6.7 (10Dec20) x86_64-pc-linux-gnu,debian,bookworm/sid'
FROM {{template "numbers" .Thousand}} WHERE k < 500;

INSERT INTO Pool (PoolId, Name, PoolType, LabelFormat) VALUES (1, 'reg-region1', 'Backup', ''), (2, 'imm-region1', 'Backup', ''), (3, 'reg-region2', 'Backup', ''), (4, 'imm-region2', 'Backup', '');

INSERT INTO FileSet (FileSetId, FileSet, MD5, CreateTime) SELECT k + 1, CONCAT('fs-', k + 1), LPAD(k, 32, '0'), NOW() FROM {{template "numbers" .Thousand}};

-- Every 997th is a restore; of the backups 1.2 % fail, 0.3 % are canceled, 0.2 % end in error and 2 % with warnings; the last cell never succeeds; the
-- newest ten are not over.
INSERT INTO Job (JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime, JobTDate, VolSessionId, VolSessionTime,
  JobFiles, JobBytes, ReadBytes, JobErrors, PoolId, FileSetId, Comment)
SELECT k + 1,
  CONCAT(name, '.', DATE_FORMAT(FROM_UNIXTIME(at), '%Y-%m-%d_%H.%i.%s'), '_', LPAD(k MOD 60, 2, '0')),
  name, type, IF(type = 'R', ' ', IF(kind = 'immutable' OR k DIV 1000 MOD 7 = chain MOD 7, 'F', 'I')), 1 + chain * 2 + region, status,
  FROM_UNIXTIME(at), IF(status = 'C', NULL, FROM_UNIXTIME(at + 2)),
  IF(status IN ('R', 'C'), NULL, FROM_UNIXTIME(at + took)), IF(status IN ('R', 'C'), NULL, FROM_UNIXTIME(at + took)),
  CASE status WHEN 'C' THEN at WHEN 'R' THEN at + 2 ELSE at + took END,
  k, 1700000000, IF(status = 'T', 1000 + chain, 0), IF(status = 'T', 1000000000 + chain * 1000000 + k, 0), IF(status = 'T', 1500000000 + k, 0),
  IF(status <> 'T' AND status NOT IN ('R', 'C') OR dice BETWEEN 17 AND 36, 1, 0), 1 + region * 2 + (kind = 'immutable'), 1 + k MOD 1000, ''
FROM (
  SELECT k, chain, region, kind, dice, type,
    FLOOR(@newest - (@n - 1 - k) * @step) AS at, 300 + dice DIV 2 AS took,
    IF(type = 'R', CONCAT('restore-region', region + 1, '-', kind), CONCAT('backup-chain', LPAD(chain + 1, 3, '0'), '-region', region + 1, '-', kind)) AS name,
    CASE WHEN k >= @n - 6 THEN 'R' WHEN k >= @n - 10 THEN 'C' WHEN k MOD 1000 = 999 OR dice < 12 THEN 'f' WHEN dice < 15 THEN 'A' WHEN dice < 17 THEN 'E' ELSE 'T' END AS status
  FROM (
    SELECT k, k MOD 1000 DIV 4 AS chain, k MOD 4 DIV 2 AS region, IF(k MOD 2 = 0, 'regular', 'immutable') AS kind,
      CRC32(k) MOD 1000 AS dice, IF(k MOD 997 = 996, 'R', 'B') AS type
    FROM {{template "numbers" .All}} WHERE k < @n
  ) drawn
) told ORDER BY k;

INSERT INTO Media (MediaId, VolumeName, PoolId, MediaType, VolStatus, LastWritten, VolBytes, VolRetention)
SELECT k + 1, CONCAT('vol-', LPAD(k + 1, 5, '0')), 1 + k MOD 4, 'File', 'Used', NOW(), 1000000000, 2592000 FROM {{template "numbers" .Thousand}};

INSERT INTO JobMedia (JobId, MediaId, FirstIndex, LastIndex) SELECT @n - k, 1 + (@n - k) MOD 1000, 1, 1000 FROM {{template "numbers" .Recent}} WHERE k < @n ORDER BY k DESC;

INSERT INTO Log (JobId, Time, LogText)
SELECT @n - k DIV 5, FROM_UNIXTIME(@newest - k DIV 5 * @step), CONCAT('blue-dir JobId ', @n - k DIV 5, ': ', ELT(1 + k MOD 5, 'End auto prune.', 'Begin pruning Jobs older than 6 months .', 'Using Device "drive-1" to write.',
  'No prior Full backup Job record found.', 'Start Backup.'), '\n')
FROM {{template "numbers" .Recent}} WHERE k DIV 5 < @n ORDER BY k DESC;

ANALYZE TABLE Job, Log, JobMedia, Media;
