(** A layer's printed adjoint for all sizes.

    The sizes are variables of Coq; every tensor has its shape in them.  The identity of Pairing.v is written as a list of
    terms ([pairing_terms]), and holds if these cancel ([identity_for_all_sizes]).  All that is assumed is that no shape has
    an axis without entries, and that no maximum is taken over nothing. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra FunctionalExtensionality.
From Dyadic Require Import Logarithm Equations Derivatives Polynomials Pairing Boxes Terms Matching.
Import ListNotations.
Open Scope R_scope.

Section AllSizes.
  Variable dims : name -> list Z.

  Fixpoint places_from (i : nat) (ks : list nat) : place :=
    match ks with [] => fun _ => None | k :: ks => placed (places_from (S i) ks) k i end.
  Definition places : list nat -> place := places_from 0.
  Definition own_entry (t : name) (d : equation) : expr := Entry t (map Index (indices d)).
  (** The sum over all entries of the target. *)
  Definition over_entries (d : equation) (ns : list Q) (fs : list factor) : term :=
    Term ns (map Z.to_nat (shape dims (target d))) [] fs.
  Definition times_guards (m : place) (gs : list bracket) (t : term) : term := fold_right (times_guard m) t gs.

  Definition sensitivity_factors (l : layer) (d : equation) : list factor :=
    if is_cost l && same_name (target d) (target (result l)) then [] else [Value (places (indices d)) (own_entry (bar (target d)) d)].
  (** [chosen t]: which of the positions is that of the maximum t. *)
  Definition tangent_terms (chosen : name -> nat) (l : layer) (d : equation) : list term :=
    let m := places (indices d) in
    let start := over_entries d [] (sensitivity_factors l d) in
    match body d with
    | LogSumExp k n gs a => let m' := placed m k (length (indices d)) in
        map (times_factor (Value m' (Apply 0 0 (Add a (Mul (Number (-1)) (own_entry (target d) d))))))
          (expand_tangent a m' (times_guards m' gs (summed n start)))
    | Maximum k n gs a => let m' := placed m k (length (indices d)) in
        match nth_error (positions l) (chosen (target d)) with
        | Some c => map (times_factor (Value m' (IndexIs (Index k) (own_entry (target c) d)))) (expand_tangent a m' (times_guards m' gs (summed n start)))
        | None => []
        end
    | a => expand_tangent a m start
    end.
  Definition printed_terms (d : equation) : list term :=
    let m := places (indices d) in
    expand (body d) m (over_entries d [(-1)%Q] [Direction m (unbar (target d)) (map Index (indices d))]).
  Definition pairing_terms (chosen : name -> nat) (l : layer) : list term :=
    flat_map (tangent_terms chosen l) (forward l) ++ flat_map printed_terms (backward l ++ gradients l).

  (** What is asked of an equation besides. *)
  Fixpoint distinct (ks : list nat) : bool := match ks with [] => true | k :: ks => negb (existsb (Nat.eqb k) ks) && distinct ks end.
  Definition named (d : equation) : bool := (length (indices d) =? length (shape dims (target d)))%nat && distinct (indices d).
  Definition bounds (k : nat) (d : equation) : bool := negb (existsb (Nat.eqb k) (indices d)).
  Definition expressible (chosen : name -> nat) (l : layer) (d : equation) : Prop :=
    match body d with
    | LogSumExp k n gs a => bounds k d && distributes a = true
    | Maximum k n gs a => bounds k d && distributes a = true /\ match nth_error (positions l) (chosen (target d)) with
        | Some c => body c = ArgMax k n gs a /\ indices c = indices d /\ shape dims (target c) = shape dims (target d)
        | None => False
        end
    | a => distributes a = true
    end.
  Definition well_indexed (chosen : name -> nat) (l : layer) : Prop :=
    forallb named (forward l ++ backward l ++ gradients l) = true /\ all (expressible chosen l) (forward l).
  Definition positive_shapes (l : layer) : Prop :=
    all (fun d => all (fun n => (0 < n)%Z) (shape dims (target d))) (forward l ++ backward l ++ gradients l).
  Definition maxima_over_something (l : layer) : bool :=
    forallb (fun d => match body d with Maximum k n gs _ => leaves_something (indices d) (map Z.to_nat (shape dims (target d))) k n gs | _ => true end) (forward l).

  (** ** Soundness *)

  Variable F : functions.
  Hypothesis F_exp : forall o z, F 0%nat o z = exp z.

  Lemma places_bind : forall ks z x, length x = length ks ->
    environment (places_from (length z) ks) (z ++ x) = bind ks x.
  Proof.
    induction ks as [|k ks IH]; intros z [|v x] H; try discriminate; [reflexivity|].
    apply functional_extensionality. intro j. cbn [places_from bind]. unfold placed, environment, set.
    destruct (Nat.eqb j k).
    - now rewrite app_nth2, Nat.sub_diag by lia.
    - specialize (IH (z ++ [v]) x ltac:(simpl in H; lia)). rewrite app_length, <- app_assoc in IH. cbn [length app] in IH.
      rewrite Nat.add_1_r in IH. exact (f_equal (fun e : env => e j) IH).
  Qed.
  Lemma environment_places : forall ks x, length x = length ks -> environment (places ks) x = bind ks x.
  Proof. intros ks x H. exact (places_bind ks [] x H). Qed.
  Lemma places_within : forall ks i, within (i + length ks) (places_from i ks).
  Proof.
    induction ks as [|k ks IH]; intros i j p H; cbn [places_from] in H; [discriminate|]. unfold placed in H. cbn [length].
    destruct (Nat.eqb j k); [injection H as <-; lia|]. apply IH in H. lia.
  Qed.
  Lemma distinct_values : forall ks x, distinct ks = true -> length x = length ks -> map (eval_index (bind ks x)) (map Index ks) = x.
  Proof.
    intros ks x. rewrite map_map. revert x. induction ks as [|k ks IH]; intros [|v x] Hd H; try discriminate; [reflexivity|].
    cbn [distinct] in Hd. apply andb_prop in Hd as [Hk Hd]. cbn [map eval_index bind]. unfold set at 1. rewrite Nat.eqb_refl. f_equal.
    transitivity (map (fun k => eval_index (bind ks x) (Index k)) ks); [|apply IH; [exact Hd | simpl in H; lia]].
    apply map_ext_in. intros j Hj. cbn [eval_index]. unfold set.
    destruct (Nat.eqb_spec j k) as [->|]; [|reflexivity]. apply negb_true_iff in Hk. rewrite <- not_true_iff_false in Hk.
    destruct Hk. apply existsb_exists. exists k. split; [exact Hj | apply Nat.eqb_refl].
  Qed.
  Lemma shape_bar : forall t, shape dims (bar t) = shape dims t.
  Proof. now intros []. Qed.
  Lemma shape_unbar : forall t, shape dims (unbar t) = shape dims t.
  Proof. now intros []. Qed.

  Section Identity.
    Variable T D : tensors.
    Hypothesis still : forall t p, moves t = false -> D t p = 0.
    Notation value_with := (value_with F dims T D).
    Notation term_value := (term_value F dims T D).

    Lemma value_with_one : forall t, value_with (fun _ => 1) t = term_value t.
    Proof.
      intro t. unfold Terms.term_value, bare_sum, Terms.value_with. rewrite <- sum_list_scal. apply sum_list_ext. intros. ring.
    Qed.
    (** At an entry of the target, the environment and the entry's number. *)
    Lemma at_entries : forall d (g : Z -> R), named d = true -> all (fun n => (0 < n)%Z) (shape dims (target d)) ->
      sum_list (entries dims (target d)) g = sum_list (box (map Z.to_nat (shape dims (target d)))) (fun x =>
        match flat (shape dims (target d)) x with Some p => g p | None => 0 end).
    Proof. intros d g _ H. apply sum_entries. apply Forall_forall. now apply all_in. Qed.
    Lemma entry_environment : forall d x, named d = true -> all (fun n => (0 < n)%Z) (shape dims (target d)) ->
      In x (box (map Z.to_nat (shape dims (target d)))) -> exists p, flat (shape dims (target d)) x = Some p /\
        environment (places (indices d)) x = at_entry dims d p /\ map (eval_index (environment (places (indices d)) x)) (map Index (indices d)) = x
        /\ In p (entries dims (target d)).
    Proof.
      intros d x Hn Hpos Hx. apply in_box in Hx. destruct (flat_boxed _ _ Hx) as [p Hp]. exists p. split; [exact Hp|].
      apply andb_prop in Hn as [Hl Hd]. apply Nat.eqb_eq in Hl.
      assert (Hlen : length x = length (indices d)) by (apply boxed_length in Hx; rewrite map_length in Hx; congruence).
      assert (HF : List.Forall (fun n => 0 < n)%Z (shape dims (target d))) by (apply Forall_forall; now apply all_in).
      destruct (flat_some _ _ _ HF Hp) as (Hrange & Hu & _). rewrite environment_places by exact Hlen. repeat split.
      - unfold at_entry. now rewrite Hu.
      - now apply distinct_values.
      - unfold entries, range, size. apply in_zrange. pose proof (zsize_positive _ HF). lia.
    Qed.
    Lemma over_entries_value : forall d ns fs h, value_with h (over_entries d ns fs) =
      sum_list (box (map Z.to_nat (shape dims (target d)))) (fun x => product Q2R ns * product (factor_value F dims T D x) fs * h x).
    Proof. reflexivity. Qed.
    Lemma one_factor : forall x f, product (factor_value F dims T D x) [f] = factor_value F dims T D x f.
    Proof. intros x f. unfold product. simpl. ring. Qed.
    Lemma over_entries_scoped : forall d ns fs, named d = true -> (forall f, In f fs -> factor_place f = places (indices d)) ->
      scoped (over_entries d ns fs) /\ variables (over_entries d ns fs) = length (indices d).
    Proof.
      intros d ns fs Hn Hf. apply andb_prop in Hn as [Hl _]. apply Nat.eqb_eq in Hl.
      assert (Hv : variables (over_entries d ns fs) = length (indices d)) by (unfold variables, over_entries; cbn [extents]; now rewrite map_length).
      split; [|exact Hv]. split; [intros g []|]. intros f Hin. rewrite Hv, (Hf f Hin). apply (places_within (indices d) 0).
    Qed.

    Lemma printed_terms_value : forall d, named d = true -> all (fun n => (0 < n)%Z) (shape dims (target d)) ->
      sum_list (printed_terms d) term_value = -1 * sum_list (entries dims (target d)) (fun p => value F dims T d p * D (unbar (target d)) p).
    Proof.
      intros d Hn Hpos. unfold printed_terms. rewrite (sum_list_ext term _ _ (value_with (fun _ => 1))) by (intros; now rewrite value_with_one).
      destruct (over_entries_scoped d [(-1)%Q] [Direction (places (indices d)) (unbar (target d)) (map Index (indices d))] Hn) as [Hs Hv].
      { intros f [<-|[]]. reflexivity. }
      rewrite expand_value; [|exact Hs | rewrite Hv; apply (places_within _ 0) | now intros ? ?].
      rewrite over_entries_value, at_entries, <- sum_list_scal by assumption. apply sum_list_ext. intros x Hx.
      destruct (entry_environment d x Hn Hpos Hx) as (p & Hp & He & Hi & _). rewrite one_factor. cbn [Terms.factor_value]. unfold read.
      rewrite shape_unbar, Hi, Hp, He. unfold value. simpl. replace (Q2R (-1)) with (-1) by (unfold Q2R; simpl; field). ring.
    Qed.

    Lemma times_guards_value : forall m gs t h, value_with h (times_guards m gs t) =
      value_with (fun x => (if forallb (holds (environment m x)) gs then 1 else 0) * h x) t.
    Proof.
      intros m. induction gs as [|g gs IH]; intros t h; cbn [times_guards fold_right forallb].
      - apply value_with_ext. intros. ring.
      - fold (times_guards m gs t). rewrite times_guard_value, IH. apply value_with_ext. intros x _.
        destruct (holds (environment m x) g), (forallb _ gs); cbn [andb]; ring.
    Qed.
    Lemma times_guards_scoped : forall m gs t, scoped t -> within (variables t) m -> scoped (times_guards m gs t) /\ variables (times_guards m gs t) = variables t.
    Proof.
      intros m. induction gs as [|g gs IH]; intros t Hs Hm; cbn [times_guards fold_right]; [now split|]. fold (times_guards m gs t).
      destruct (IH t Hs Hm) as [H1 H2]. split; [|exact H2]. apply scoped_guard; [exact H1 | now rewrite H2].
    Qed.
    Lemma sum_admitted : forall e k n gs g,
      sum_list (zrange 0 n) (fun v => (if forallb (holds (set e k v)) gs then 1 else 0) * g v) = sum_list (admitted e k n gs) g.
    Proof.
      intros e k n gs g. unfold admitted. induction (zrange 0 n) as [|v l IH]; [reflexivity|]. rewrite sum_list_cons. cbn [filter].
      destruct (forallb (holds (set e k v)) gs); [rewrite sum_list_cons|]; rewrite IH; ring.
    Qed.

    (** The tangent of a log-sum-exp or a maximum: a sum over the admitted indices of tangents times a factor f. *)
    Lemma admitted_terms_value : forall d k n gs a f fs, named d = true -> all (fun n => (0 < n)%Z) (shape dims (target d)) ->
      distributes a = true -> (forall g, In g fs -> factor_place g = places (indices d)) ->
      let m := placed (places (indices d)) k (length (indices d)) in
      sum_list (map (times_factor (Value m f)) (expand_tangent a m (times_guards m gs (summed n (over_entries d [] fs))))) term_value =
      sum_list (box (map Z.to_nat (shape dims (target d)))) (fun x => product (factor_value F dims T D x) fs *
        sum_list (admitted (environment (places (indices d)) x) k n gs) (fun v => let e := set (environment (places (indices d)) x) k v in
          tangent F dims T D e a * eval F dims T e f)).
    Proof.
      intros d k n gs a f fs Hn Hpos Ha Hfs m. destruct (over_entries_scoped d [] fs Hn Hfs) as [Hs Hv].
      assert (Hm : within (variables (summed n (over_entries d [] fs))) m).
      { rewrite variables_summed, Hv. apply within_placed, (places_within _ 0). }
      destruct (times_guards_scoped m gs _ (scoped_summed n _ Hs) Hm) as [Hs' Hv'].
      rewrite sum_list_map. rewrite (sum_list_ext term _ _ (value_with (fun x => eval F dims T (environment m x) f)))
        by (intros; rewrite <- value_with_one, times_factor_value; apply value_with_ext; intros; cbn [Terms.factor_value]; ring).
      rewrite expand_tangent_value; try assumption; [|now rewrite Hv' | apply local_eval; now rewrite Hv'].
      rewrite times_guards_value, summed_value by exact Hs. rewrite over_entries_value. apply sum_list_ext. intros x Hx.
      apply in_box, boxed_length in Hx. rewrite map_length in Hx.
      assert (Hlen : length x = length (indices d)) by (apply andb_prop in Hn as [Hl _]; apply Nat.eqb_eq in Hl; congruence).
      rewrite <- sum_admitted. replace (product Q2R []) with 1 by reflexivity. rewrite Rmult_1_l. f_equal.
      apply sum_list_ext. intros v _. unfold m. rewrite (environment_placed (length (indices d))) by (try exact Hlen; apply (places_within _ 0)). reflexivity.
    Qed.

    Variable l : layer.
    Hypothesis solved : forall d p, In d (forward l ++ positions l) -> In p (entries dims (target d)) -> T (target d) p = value F dims T d p.
    Hypothesis one : is_cost l = true -> forall p, T (bar (target (result l))) p = 1.

    Lemma sensitivity_value : forall d x p, named d = true -> flat (shape dims (target d)) x = Some p ->
      map (eval_index (environment (places (indices d)) x)) (map Index (indices d)) = x ->
      product (factor_value F dims T D x) (sensitivity_factors l d) = T (bar (target d)) p.
    Proof.
      intros d x p Hn Hp Hi. unfold sensitivity_factors. destruct (is_cost l && same_name (target d) (target (result l))) eqn:E.
      - apply andb_prop in E as [Hc E]. apply same_name_true in E. rewrite E. now rewrite one.
      - rewrite one_factor. cbn [Terms.factor_value own_entry eval]. now rewrite shape_bar, Hi, Hp.
    Qed.
    Lemma sensitivity_place : forall d f, In f (sensitivity_factors l d) -> factor_place f = places (indices d).
    Proof. intros d f H. unfold sensitivity_factors in H. destruct (is_cost l && _); [destruct H|]. destruct H as [<-|[]]. reflexivity. Qed.

    Lemma own_entry_value : forall t d k v x p, named d = true -> bounds k d = true -> flat (shape dims (target d)) x = Some p ->
      shape dims t = shape dims (target d) -> map (eval_index (environment (places (indices d)) x)) (map Index (indices d)) = x ->
      eval F dims T (set (environment (places (indices d)) x) k v) (own_entry t d) = T t p.
    Proof.
      intros t d k v x p Hn Hk Hp Ht Hi. cbn [own_entry eval].
      assert (E : map (eval_index (set (environment (places (indices d)) x) k v)) (map Index (indices d)) = x).
      { transitivity (map (eval_index (environment (places (indices d)) x)) (map Index (indices d))); [|exact Hi]. rewrite !map_map. apply map_ext_in. intros j Hj. cbn [eval_index]. unfold set.
        destruct (Nat.eqb_spec j k) as [->|]; [|reflexivity]. unfold bounds in Hk. apply negb_true_iff in Hk. rewrite <- not_true_iff_false in Hk.
        destruct Hk. apply existsb_exists. exists k. split; [exact Hj | apply Nat.eqb_refl]. }
      now rewrite E, Ht, Hp.
    Qed.

    Lemma tangent_terms_value : forall chosen d, In d (forward l) -> named d = true -> all (fun n => (0 < n)%Z) (shape dims (target d)) ->
      expressible chosen l d -> match body d with Maximum k n gs _ => leaves_something (indices d) (map Z.to_nat (shape dims (target d))) k n gs = true | _ => True end ->
      sum_list (tangent_terms chosen l d) term_value = sum_list (entries dims (target d)) (fun p => T (bar (target d)) p * change F dims T D d p).
    Proof.
      intros chosen d Hd Hn Hpos Hex Hover. rewrite at_entries by assumption.
      assert (Plain : distributes (body d) = true ->
        sum_list (expand_tangent (body d) (places (indices d)) (over_entries d [] (sensitivity_factors l d))) term_value =
        sum_list (box (map Z.to_nat (shape dims (target d)))) (fun x => match flat (shape dims (target d)) x with
          Some p => T (bar (target d)) p * change F dims T D d p | None => 0 end)).
      { intro Ha. destruct (over_entries_scoped d [] _ Hn (sensitivity_place d)) as [Hs Hv].
        rewrite (sum_list_ext term _ _ (value_with (fun _ => 1))) by (intros; now rewrite value_with_one).
        rewrite expand_tangent_value; try assumption; [|rewrite Hv; apply (places_within _ 0) | now intros ? ?].
        rewrite over_entries_value. apply sum_list_ext. intros x Hx.
        destruct (entry_environment d x Hn Hpos Hx) as (p & Hp & He & Hi & _). rewrite (sensitivity_value d x p Hn Hp Hi), Hp.
        unfold change. rewrite <- He. replace (product Q2R []) with 1 by reflexivity. ring. }
      assert (Hvalue : forall p, In p (entries dims (target d)) -> T (target d) p = value F dims T d p).
      { intros p Hp. apply solved; [apply in_or_app; now left | exact Hp]. }
      unfold tangent_terms, expressible in *. unfold value, change in *.
      destruct (body d) as [q|s is|a b|a b|f o a|k n a|k n gs a|k n gs a|k n gs a|i a|b] eqn:Hb; try (now apply Plain); clear Plain.
      - apply andb_prop in Hex as [Hk Ha]. rewrite admitted_terms_value by (try assumption; apply sensitivity_place).
        apply sum_list_ext. intros x Hx. destruct (entry_environment d x Hn Hpos Hx) as (p & Hp & He & Hi & Hin).
        rewrite (sensitivity_value d x p Hn Hp Hi), Hp. f_equal. cbn [tangent]. rewrite <- He. apply sum_list_ext. intros v _. cbv zeta. f_equal.
        cbn [eval]. fold (eval F dims T). rewrite F_exp.
        change (match flat (shape dims (target d)) (map (eval_index (set (environment (places (indices d)) x) k v)) (map Index (indices d))) with
          Some p => T (target d) p | None => 0 end) with (eval F dims T (set (environment (places (indices d)) x) k v) (own_entry (target d) d)).
        rewrite (own_entry_value (target d) d k v x p) by (assumption || reflexivity). rewrite (Hvalue p Hin), <- He. cbn [eval].
        replace (Q2R (-1)) with (-1) by (unfold Q2R; simpl; field). reflexivity.
      - destruct Hex as [Hka Hc]. apply andb_prop in Hka as [Hk Ha].
        destruct (nth_error (positions l) (chosen (target d))) as [c|] eqn:Hnth; [|tauto]. destruct Hc as (Hcb & Hci & Hcs).
        rewrite admitted_terms_value by (try assumption; apply sensitivity_place).
        apply sum_list_ext. intros x Hx. destruct (entry_environment d x Hn Hpos Hx) as (p & Hp & He & Hi & Hin).
        rewrite (sensitivity_value d x p Hn Hp Hi), Hp. f_equal. cbn [tangent]. rewrite <- He.
        assert (Hargs : T (target c) p = IZR (argmax (admitted (environment (places (indices d)) x) k n gs)
          (fun v => eval F dims T (set (environment (places (indices d)) x) k v) a))).
        { assert (Hinc : In p (entries dims (target c))) by (unfold entries in *; now rewrite Hcs).
          apply nth_error_In in Hnth. rewrite (solved c p) by (try exact Hinc; apply in_or_app; now right).
          assert (Hat : at_entry dims c p = environment (places (indices d)) x) by (rewrite He; unfold at_entry; now rewrite Hci, Hcs).
          rewrite Hat, Hcb. reflexivity. }
        assert (Hne : admitted (environment (places (indices d)) x) k n gs <> []).
        { apply in_box in Hx. apply andb_prop in Hn as [Hl _]. apply Nat.eqb_eq in Hl.
          rewrite environment_places by (apply boxed_length in Hx; rewrite map_length in Hx; congruence).
          apply (leaves_something_at _ _ _ _ _ Hover); [rewrite map_length; exact Hl | exact Hx]. }
        rewrite <- (pick_one _ _ (fun v => tangent F dims T D (set (environment (places (indices d)) x) k v) a) (admitted_once _ _ _ _) (argmax_in _ _ Hne)).
        apply sum_list_ext. intros v _. cbv zeta. f_equal.
        change (eval F dims T (set (environment (places (indices d)) x) k v) (IndexIs (Index k) (own_entry (target c) d))) with
          (if Req_EM_T (IZR (set (environment (places (indices d)) x) k v k)) (eval F dims T (set (environment (places (indices d)) x) k v) (own_entry (target c) d)) then 1 else 0).
        rewrite (own_entry_value (target c) d k v x p) by (assumption || reflexivity). rewrite Hargs.
        now replace (set (environment (places (indices d)) x) k v k) with v by (unfold set; now rewrite (Nat.eqb_refl k)).
    Qed.
  End Identity.

  Theorem identity_for_all_sizes : forall l chosen cs, well_indexed chosen l -> positive_shapes l -> maxima_over_something l = true ->
    cancel dims cs (pairing_terms chosen l) -> pairing_holds F dims l.
  Proof.
    intros l chosen cs [Hnamed Hex] Hpos Hover Hc T D still solved one. unfold maxima_over_something in Hover. rewrite forallb_forall in Hover.
    apply (cancel_zero dims F F_exp T D) in Hc. unfold pairing_terms in Hc. rewrite sum_list_app, !sum_flat_map in Hc.
    rewrite forallb_forall in Hnamed. unfold positive_shapes in Hpos. rewrite all_in in Hpos, Hex.
    rewrite (sum_list_ext equation (forward l) _ (fun d => sum_list (entries dims (target d)) (fun p => T (bar (target d)) p * change F dims T D d p))) in Hc.
    2:{ intros d Hd. assert (Hin : In d (forward l ++ backward l ++ gradients l)) by (apply in_or_app; now left).
        apply tangent_terms_value; try assumption; [now apply Hnamed | now apply Hpos | now apply Hex | specialize (Hover d Hd); now destruct (body d)]. }
    rewrite (sum_list_ext equation (backward l ++ gradients l) _ (fun d => -1 * sum_list (entries dims (target d)) (fun p => value F dims T d p * D (unbar (target d)) p))) in Hc.
    2:{ intros d Hd. assert (Hin : In d (forward l ++ backward l ++ gradients l)) by (apply in_or_app; now right).
        apply printed_terms_value; try assumption; [now apply Hnamed | now apply Hpos]. }
    rewrite sum_list_scal in Hc. lra.
  Qed.
End AllSizes.
